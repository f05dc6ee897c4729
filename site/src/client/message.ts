/** A sentence for a person, as nodes: a fact, then the next step. */
import type { Message } from '../../../runner/protocol.ts';
import { h } from './dom.ts';

/** A remark that asks for nothing. */
export function sentence({ fact, next }: Message): HTMLElement {
  return h('p', { class: 'sentence' }, fact, ' ', h('span', { class: 'sentence-next' }, next));
}

/** What went wrong and what to do. */
export function problem(message: Message): HTMLElement {
  return h('div', { class: 'problem', role: 'alert', 'data-code': message.code }, sentence(message));
}
