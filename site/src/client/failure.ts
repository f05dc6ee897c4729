/** An error of the learner's code: what it says, where, and the way there. */
import type { CodeError, Message } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { sentence } from './message.ts';

/** How a place of the code is named and reached; `cell` is an id, when it is another cell. */
export interface Places {
  /** The title of that cell; undefined for the cell that failed. */
  title(cell: string | undefined): string | undefined;
  go(line: number, cell: string | undefined): void;
}

/** The error as nodes; its place and its stack lead to the lines they name. */
export function failure(error: CodeError, message: Message | null, places: Places): HTMLElement {
  const place = (line: number, cell: string | undefined) =>
    h(
      'button',
      {
        type: 'button',
        class: 'line-link',
        title: fr.output.goToLine,
        onclick: () => places.go(line, cell),
      },
      fr.output.line(line, places.title(cell)),
    );
  const box = h(
    'div',
    { class: 'error', role: 'alert' },
    h('p', { class: 'error-text' }, h('strong', {}, `${error.name} : `), error.message),
  );
  if (error.line !== undefined) box.append(h('p', {}, place(error.line, error.cell)));
  if (message) box.append(sentence(message));
  if (error.stack.length > 1) {
    const frames = error.stack.map((frame) =>
      h('li', {}, h('code', {}, frame.where || '…'), ' ', place(frame.line, frame.cell)),
    );
    box.append(h('details', {}, h('summary', {}, fr.output.stack), h('ol', {}, ...frames)));
  }
  return box;
}
