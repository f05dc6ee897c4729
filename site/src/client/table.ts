/** Rows as a table that sorts by a click on its heads. */
import { fr, tableValue as wording } from '../texts/fr.ts';
import { h } from './dom.ts';

const firstRows = 50;

/** A sortable table; long ones show their first rows and the rest on demand. */
export function table(columns: string[], rows: unknown[][], title?: string): HTMLElement {
  let order = rows.map((_, index) => index);
  let sorted: { column: number; direction: 1 | -1 } | null = null;
  let all = rows.length <= firstRows + 10;
  const body = h('tbody');
  const heads = columns.map((column, index) => {
    const button = h(
      'button',
      { type: 'button', title: fr.output.sortBy(column), onclick: () => sortBy(index) },
      column,
    );
    return h('th', { scope: 'col' }, button);
  });
  const more = h('button', { type: 'button', class: 'fold' }, fr.output.allRows(rows.length));
  more.onclick = () => {
    all = true;
    draw();
  };

  function sortBy(column: number): void {
    const direction = sorted?.column === column && sorted.direction === 1 ? -1 : 1;
    sorted = { column, direction };
    order = order.toSorted((a, b) => direction * compare(rows[a]?.[column], rows[b]?.[column]));
    heads.forEach((head, index) => {
      if (index === column) head.setAttribute('aria-sort', direction === 1 ? 'ascending' : 'descending');
      else head.removeAttribute('aria-sort');
    });
    draw();
  }
  function draw(): void {
    const shown = all ? order : order.slice(0, firstRows);
    body.replaceChildren(
      ...shown.map((index) => h('tr', {}, ...columns.map((_, column) => cell(rows[index]?.[column])))),
    );
    more.hidden = all;
  }
  draw();
  return h(
    'div',
    { class: 'data-table' },
    h('table', {}, title ? h('caption', {}, title) : null, h('thead', {}, h('tr', {}, ...heads)), body),
    more,
  );
}

function cell(value: unknown): HTMLTableCellElement {
  const numeric = typeof value === 'number';
  return h('td', { class: numeric ? 'number' : null }, wording(value));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return wording(a).localeCompare(wording(b), 'fr', { numeric: true });
}
