/** A value as a folding tree. */
import type { Display } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';

type Tree = Extract<Display, { kind: 'tree' }>['tree'];

/** The tree of a value, its first level open. */
export function tree(value: Tree): HTMLElement {
  return h('div', { class: 'tree' }, node(null, value, true));
}

function node(key: string | null, value: Tree, open: boolean): HTMLElement {
  const head = [
    ...(key === null ? [] : [h('span', { class: 'tree-key' }, key), ': ']),
    h('span', { class: `tree-value tree-${kindOf(value)}` }, value.text),
  ];
  const children = value.children ?? [];
  if (children.length === 0 && !value.more) return h('div', { class: 'tree-leaf' }, ...head);
  const details = h('details', { open }, h('summary', {}, ...head));
  const fill = () => {
    if (details.childElementCount > 1) return;
    details.append(...children.map((child) => node(child.key, child.value, false)));
    if (value.more) details.append(h('div', { class: 'tree-more' }, fr.output.more(value.more)));
  };
  if (open) fill();
  else details.addEventListener('toggle', fill, { once: true });
  return details;
}

function kindOf({ type }: Tree): string {
  return ['string', 'number', 'boolean', 'bigint', 'null', 'undefined'].includes(type) ? type : 'object';
}
