/** What a run changed in Redis: keys created, changed, deleted, with a look inside. */
import type { KeySummary, KeyspaceDifference } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { content, facts, lifetimeChange } from './keycontent.ts';

/** The difference as a list; each key opens on its content. */
export function keyspace(difference: KeyspaceDifference): HTMLElement {
  if (difference.unseen) return h('p', { class: 'trace-empty' }, fr.trace.unseen);
  const list = h('ul', { class: 'keyspace' });
  for (const key of difference.created) list.append(entry('created', key));
  for (const { before, after } of difference.changed) {
    list.append(entry('changed', after, before ? lifetimeChange(before, after) : null, before));
  }
  for (const key of difference.deleted) list.append(entry('deleted', key));
  if (difference.more > 0) list.append(h('li', { class: 'keyspace-more' }, fr.trace.more(difference.more)));
  return list.childElementCount > 0 ? list : h('p', { class: 'trace-empty' }, fr.trace.unchanged);
}

const signs = { created: '+', changed: '~', deleted: '−' };

function entry(
  change: 'created' | 'changed' | 'deleted',
  key: KeySummary,
  note: string | null = null,
  before: KeySummary | null = null,
): HTMLElement {
  const head = [
    h('span', { class: 'keyspace-sign', 'aria-hidden': 'true' }, signs[change]),
    h('code', {}, key.key),
    h('span', { class: 'keyspace-change' }, fr.trace[change]),
    facts(key),
    note ? h('span', { class: 'keyspace-note' }, note) : null,
  ];
  const item = h('li', { 'data-change': change });
  if (!key.content) {
    item.append(h('div', { class: 'keyspace-head' }, ...head));
    return item;
  }
  const details = h('details', {}, h('summary', { class: 'keyspace-head' }, ...head));
  details.addEventListener(
    'toggle',
    () => {
      if (before?.content)
        details.append(
          h('p', { class: 'keyspace-when' }, fr.trace.before),
          content(before.content),
          h('p', { class: 'keyspace-when' }, fr.trace.after),
        );
      details.append(content(key.content!));
    },
    { once: true },
  );
  item.append(details);
  return item;
}
