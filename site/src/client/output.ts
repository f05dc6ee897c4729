/** What a cell shows: text, values, tables, plots. Nodes are made here; nothing a program says is ever markup. */
import type { Display } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { appendAnsi } from './ansi.ts';
import { h } from './dom.ts';

/** One piece of output, live or kept. */
export type OutputItem =
  | { type: 'output'; stream: 'stdout' | 'stderr'; text: string; truncated?: true }
  | { type: 'display'; item: Display };

const shownLines = 200;

/** The output of one cell: text grows in place, values follow. */
export class Output {
  readonly element: HTMLElement;
  #last: { stream: string; pre: HTMLPreElement; text: string } | null = null;
  #items: Display[] = [];

  constructor(label: string) {
    this.element = h('div', {
      class: 'output',
      role: 'region',
      'aria-label': label,
      'aria-live': 'polite',
      tabindex: -1,
    });
  }

  /** Whether anything is shown. */
  get isEmpty(): boolean {
    return this.element.childElementCount === 0;
  }

  /** The values shown, for the places of the page that draw them too. */
  get items(): readonly Display[] {
    return this.#items;
  }

  clear(): void {
    this.element.replaceChildren();
    this.#last = null;
    this.#items = [];
  }

  add(item: OutputItem): void {
    if (item.type === 'display') this.show(item.item);
    else this.#text(item);
  }

  /** Shows a value. */
  show(item: Display): void {
    this.#last = null;
    this.#items.push(item);
    this.element.append(display(item));
  }

  #text({ stream, text, truncated }: Extract<OutputItem, { type: 'output' }>): void {
    if (this.#last?.stream !== stream) {
      const pre = h('pre', { class: `output-text output-${stream}` });
      this.element.append(pre);
      this.#last = { stream, pre, text: '' };
    }
    this.#last.text += text;
    fill(this.#last.pre, this.#last.text);
    if (truncated) this.element.append(h('p', { class: 'output-cut' }, fr.output.truncated));
  }
}

/** Writes text with its colours; a very long one is folded, the rest on demand. */
function fill(pre: HTMLPreElement, text: string): void {
  const lines = text.split('\n');
  pre.replaceChildren();
  if (lines.length <= shownLines + 20 || pre.dataset.whole) {
    appendAnsi(pre, text);
    return;
  }
  appendAnsi(pre, `${lines.slice(0, shownLines).join('\n')}\n`);
  const rest = lines.length - shownLines;
  const button = h('button', { type: 'button', class: 'fold' }, fr.output.folded(rest));
  button.onclick = () => {
    pre.dataset.whole = 'true';
    fill(pre, text);
  };
  pre.append(button);
}

/** A value as nodes; what draws all but text is loaded with the first of them. */
function display(item: Display): HTMLElement {
  if (item.kind === 'text') {
    const pre = h('pre', { class: 'output-text output-value' });
    fill(pre, item.text);
    return pre;
  }
  const place = h('div');
  void import('./display.ts').then(({ draw }) => place.replaceWith(draw(item)));
  return place;
}
