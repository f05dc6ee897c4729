/** A look inside a key, by its type; shared by the explorer and the keyspace difference. */
import type { KeyContent, KeySummary } from '../../../runner/protocol.ts';
import { duration, fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { draw } from './display.ts';
import { table } from './table.ts';

/** Redis's own names of types, as the course says them. */
export const typeName = (type: string) =>
  ({
    'ReJSON-RL': 'json',
    'TSDB-TYPE': 'timeseries',
    'MBbloom--': 'bloom',
    MBbloomCF: 'cuckoo',
    'TopK-TYPE': 'topk',
    'CMSk-TYPE': 'cms',
    'TDIS-TYPE': 'tdigest',
  })[type] ?? type;

/** « expire dans 3 s » or « sans expiration ». */
export const lifetime = (key: KeySummary) => (key.ttlMs < 0 ? fr.keys.noTtl : fr.keys.ttl(key.ttlMs));

/** Type, TTL, length and memory of a key, in one line. */
export function facts(key: KeySummary): HTMLElement {
  return h(
    'span',
    { class: 'key-facts' },
    h('span', { class: 'key-type' }, typeName(key.type)),
    ` ${[key.length >= 0 ? fr.keys.length(key.type, key.length) : '', lifetime(key), key.memory > 0 ? fr.keys.memory(key.memory) : ''].filter(Boolean).join(' · ')}`,
  );
}

/** What a key holds. */
export function content(inside: KeyContent['content']): HTMLElement {
  switch (inside.kind) {
    case 'string':
    case 'opaque':
      return h('pre', { class: 'key-text' }, inside.text);
    case 'json':
      return h('pre', { class: 'key-text' }, pretty(inside.text));
    case 'pairs':
      return table([fr.keys.field, fr.keys.value], inside.pairs);
    case 'items':
      return table(
        [fr.keys.rank, fr.keys.value],
        inside.items.map((item, index) => [index, item]),
      );
    case 'scores':
      return table([fr.keys.member, fr.keys.score], inside.members);
    case 'stream':
      return table(
        [fr.keys.id, fr.keys.value],
        inside.entries.map(({ id, fields }) => [id, fields.map((pair) => pair.join('=')).join('  ')]),
      );
    case 'series':
      return draw({
        kind: 'plot',
        x: fr.keys.time,
        y: fr.keys.value,
        series: [{ name: fr.keys.value, points: relative(inside.points) }],
      });
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Time stamps of a series, as seconds from its first point. */
function relative(points: [number, number][]): [number, number][] {
  const start = points[0]?.[0] ?? 0;
  return points.map(([at, value]) => [(at - start) / 1000, value]);
}

/** How a TTL changed, when it did. */
export function lifetimeChange(before: KeySummary, after: KeySummary): string | null {
  const same = before.ttlMs < 0 === after.ttlMs < 0 && after.ttlMs <= before.ttlMs;
  if (same) return null;
  const word = (key: KeySummary) => (key.ttlMs < 0 ? fr.keys.noTtl : duration(key.ttlMs));
  // A lifetime that starts again is told by its number alone.
  return word(before) === word(after) ? null : fr.keys.ttlChange(word(before), word(after));
}
