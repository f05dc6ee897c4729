/** A cell's keyboard, as in the notebooks people know. */
import type { Cell } from './cell.ts';
import { isWriting } from './dom.ts';
import { cellsOfPage, lessonId } from './lesson.ts';
import { link } from './socket.ts';

let lastLetter = { key: '', at: 0 };

/** Does what a key asks of a cell, from its editor or from the cell itself. */
export function onCellKey(cell: Cell, event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)) {
    event.preventDefault();
    event.stopPropagation();
    void cell.run();
    if (event.shiftKey || event.altKey) goOn(cell, event.altKey);
    return;
  }
  if (isWriting(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const onCode = event.target instanceof HTMLPreElement;
  if (event.key === 'Enter' && onCode) cell.edit();
  else if (event.key === 'j') focusCell(neighbour(cell, 1));
  else if (event.key === 'k') focusCell(neighbour(cell, -1));
  else if (event.key === 'i' && twice('i')) cell.stop();
  else if (event.key === '0' && twice('0'))
    link.send({ type: 'restart', lesson: lessonId, language: cell.language, topology: cell.topology });
  else return;
  event.preventDefault();
}

/** Puts the keyboard on a cell's code, without opening the editor. */
export function focusCell(cell: Cell | null): void {
  const pre = cell?.querySelector<HTMLElement>('.cell-code:not([hidden]) pre');
  pre?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: 'nearest' });
}

function goOn(cell: Cell, edit: boolean): void {
  const next = neighbour(cell, 1);
  if (!next) return;
  if (edit) next.edit();
  else focusCell(next);
}

function neighbour(cell: Cell, step: number): Cell | null {
  const cells = cellsOfPage();
  return cells[cells.indexOf(cell) + step] ?? null;
}

function twice(key: string): boolean {
  const again = lastLetter.key === key && Date.now() - lastLetter.at < 600;
  lastLetter = again ? { key: '', at: 0 } : { key, at: Date.now() };
  return again;
}
