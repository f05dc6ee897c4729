/** Elements without markup: everything a learner's program says stays text. */

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** Makes an element. `onclick` and the like are listeners; true is an empty attribute; null, undefined and false are none. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** Makes an SVG element. */
export function svg(
  name: string,
  attributes: Record<string, string | number>,
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Writes code as the build does: a `.line` for each line, so that one can be marked. */
export function writeLines(target: Element, code: string): void {
  const lines = code.split('\n').map((line) => h('span', { class: 'line' }, line));
  target.replaceChildren(...lines.flatMap((line, index) => (index > 0 ? ['\n', line] : [line])));
}

/** Loads a style sheet once, when what it dresses first appears. */
export function loadStyles(url: string): Promise<void> {
  const known = document.head.querySelector(`link[data-late="${CSS.escape(url)}"]`);
  if (known) return Promise.resolve();
  return new Promise((resolve) => {
    const link = h('link', { rel: 'stylesheet', href: url, 'data-late': url });
    link.onload = () => resolve();
    link.onerror = () => resolve();
    document.head.append(link);
  });
}

/** Whether the learner is writing: a shortcut of one letter must then stay a letter. */
export function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], .monaco-editor, .xterm') !== null
  );
}
