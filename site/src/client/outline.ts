/** The outline beside the text follows what is read. */

/** Marks the section in view. */
export function followReading(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('.outline a')].map((one) => [
      decodeURIComponent(one.hash.slice(1)),
      one,
    ]),
  );
  const headings = [...links.keys()].flatMap((id) => document.getElementById(id) ?? []);
  if (headings.length === 0) return;
  let waiting = false;
  const mark = () => {
    waiting = false;
    const current =
      headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight * 0.3) ?? headings[0];
    for (const [id, one] of links) {
      if (id === current?.id) one.setAttribute('aria-current', 'true');
      else one.removeAttribute('aria-current');
    }
  };
  addEventListener(
    'scroll',
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(mark);
    },
    { passive: true },
  );
  mark();
}
