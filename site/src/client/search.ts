/** The search dialogue, over the index that pagefind made at build time. */
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';

interface Found {
  url: string;
  excerpt: string;
  meta: { title?: string };
  sub_results: { title: string; url: string; excerpt: string }[];
}
interface Index {
  debouncedSearch(text: string): Promise<{ results: { data(): Promise<Found> }[] } | null>;
}

let dialogue: HTMLDialogElement | null = null;

/** Opens the search. */
export function openSearch(): void {
  dialogue ??= make();
  if (!dialogue.open) dialogue.showModal();
  dialogue.querySelector('input')!.select();
}

function make(): HTMLDialogElement {
  const input = h('input', {
    type: 'search',
    placeholder: fr.site.searchPlaceholder,
    'aria-label': fr.site.search,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const status = h('p', { class: 'search-status', role: 'status' }, fr.site.searchHint);
  const list = h('ul', { class: 'search-results' });
  const box = h('dialog', { class: 'search', 'aria-label': fr.site.search }, input, status, list);
  const index = import(
    /* @vite-ignore */ new URL('/pagefind/pagefind.js', location.origin).href
  ) as Promise<Index>;
  index.catch(() => (status.textContent = fr.site.searchMissing));
  input.oninput = async () => {
    const text = input.value.trim();
    if (!text) {
      list.replaceChildren();
      status.textContent = fr.site.searchHint;
      return;
    }
    const found = await (await index).debouncedSearch(text);
    if (!found) return;
    const pages = await Promise.all(found.results.slice(0, 8).map((result) => result.data()));
    if (input.value.trim() !== text) return;
    status.textContent =
      found.results.length === 0 ? fr.site.searchNone(text) : fr.site.searchCount(found.results.length);
    list.replaceChildren(...pages.flatMap(entries));
  };
  box.addEventListener('keydown', (event) => {
    // In a search field Escape would only empty it.
    if (event.key === 'Escape') {
      event.preventDefault();
      box.close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [...list.querySelectorAll('a')];
    if (event.key === 'Enter' && document.activeElement === input) links[0]?.click();
    if (!step || links.length === 0) return;
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (at + step < 0) input.focus();
    else links[Math.min(links.length - 1, at + step)].focus();
    event.preventDefault();
  });
  box.addEventListener('click', (event) => {
    if (event.target === box) box.close();
  });
  document.body.append(box);
  return box;
}

function entries(page: Found): HTMLElement[] {
  const parts = page.sub_results.filter((part) => part.url !== page.url).slice(0, 2);
  return [
    entry(page.url, page.meta.title ?? page.url, page.excerpt, false),
    ...parts.map((part) => entry(part.url, part.title, part.excerpt, true)),
  ];
}

function entry(url: string, title: string, excerpt: string, inner: boolean): HTMLElement {
  return h(
    'li',
    { class: inner ? 'inner' : null },
    h('a', { href: url }, h('strong', {}, title), marked(excerpt)),
  );
}

/** An excerpt's `<mark>` as nodes; the rest is text. */
function marked(excerpt: string): HTMLElement {
  const line = h('span', {});
  for (const [index, piece] of excerpt.split(/<\/?mark>/).entries()) {
    const text = new DOMParser().parseFromString(piece, 'text/html').body.textContent ?? '';
    line.append(index % 2 === 1 ? h('mark', {}, text) : text);
  }
  return line;
}
