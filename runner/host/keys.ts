/** What a host can tell of keys: a summary of each, a look inside, and pages of them for the explorer. */
import type { KeyContent, KeySummary } from './protocol.ts';
import type { Question, Reader } from './reader.ts';
import { cut, keyBytes, keyName, readable } from './tap/quote.ts';

const mostItems = 100;
const longestItem = 200;
const longestJson = 20_000;
/** A document or value above this many bytes is not read whole. */
const largestJson = 256 * 1024;
/** Items that would weigh more are not fetched. */
const heaviest = 2 * 1024 * 1024;
const pageOf = 200;
const scanned = 1000;

type Content = KeyContent['content'];

/** How a type is measured and looked into. */
interface Look {
  length: (key: Buffer) => Question;
  content: (key: Buffer) => Question;
  show: (answer: unknown) => Content;
}

const plain: Record<string, Look> = {
  string: {
    length: (key) => ['STRLEN', key],
    content: (key) => ['GETRANGE', key, 0, longestItem * 4 - 1],
    show: (answer) => ({ kind: 'string', text: text(answer) }),
  },
  hash: {
    length: (key) => ['HLEN', key],
    content: (key) => ['HSCAN', key, 0, 'COUNT', mostItems],
    show: (answer) => ({ kind: 'pairs', pairs: pairs(list(list(answer)[1])) }),
  },
  list: {
    length: (key) => ['LLEN', key],
    content: (key) => ['LRANGE', key, 0, mostItems - 1],
    show: (answer) => ({ kind: 'items', items: list(answer).map(text) }),
  },
  set: {
    length: (key) => ['SCARD', key],
    content: (key) => ['SSCAN', key, 0, 'COUNT', mostItems],
    show: (answer) => ({ kind: 'items', items: list(list(answer)[1]).slice(0, mostItems).map(text) }),
  },
  zset: {
    length: (key) => ['ZCARD', key],
    content: (key) => ['ZRANGE', key, 0, mostItems - 1, 'WITHSCORES'],
    show: (answer) => ({
      kind: 'scores',
      members: pairs(list(answer).flat()).map(([member, score]) => [member, Number(score)]),
    }),
  },
  stream: {
    length: (key) => ['XLEN', key],
    content: (key) => ['XREVRANGE', key, '+', '-', 'COUNT', mostItems],
    show: (answer) => ({
      kind: 'stream',
      entries: list(answer)
        .map((entry) => ({ id: text(list(entry)[0]), fields: pairs(list(list(entry)[1])) }))
        .toReversed(),
    }),
  },
  'ReJSON-RL': {
    length: (key) => ['JSON.OBJLEN', key, '.'],
    content: (key) => ['JSON.GET', key],
    show: (answer) => ({ kind: 'json', text: cut(bytesOf(answer).toString(), longestJson) }),
  },
  'TSDB-TYPE': {
    length: (key) => ['TS.INFO', key],
    content: (key) => ['TS.REVRANGE', key, '-', '+', 'COUNT', mostItems],
    show: (answer) => ({
      kind: 'series',
      points: list(answer)
        .map((point): [number, number] => [Number(list(point)[0]), Number(text(list(point)[1]))])
        .toReversed(),
    }),
  },
};

/** Types that are only described, by a command of their module. */
const described: Record<string, string> = {
  'MBbloom--': 'BF.INFO',
  MBbloomCF: 'CF.INFO',
  'CMSk-TYPE': 'CMS.INFO',
  'TopK-TYPE': 'TOPK.INFO',
  'TDIS-TYPE': 'TDIGEST.INFO',
};

/** Where a module's description says how many items there are. */
const counts = /^(?:Number of items inserted|totalSamples|count|Observations|k)$/;

/** The summary of each key, with a look inside when asked; null for a key that does not exist. */
export async function lookAt(
  reader: Reader,
  keys: readonly Buffer[],
  inside: boolean,
): Promise<(KeySummary | null)[]> {
  const answers = await reader.ask(
    keys.flatMap((key): Question[] => [
      ['TYPE', key],
      ['PTTL', key],
      ['MEMORY', 'USAGE', key],
    ]),
  );
  const found = keys.map((key, place) => {
    const [type, ttl, memory] = answers.slice(place * 3, place * 3 + 3);
    const name = type === null || type === undefined ? 'none' : text(type);
    return { key, type: name, ttlMs: Number(ttl), memory: Number(memory ?? 0) };
  });
  const alive = found.filter(({ type }) => type !== 'none');
  const answered = await reader.ask(alive.map(({ key, type }) => measure(type)(key)));
  const lengths = alive.map(({ memory }, place) => lengthOf(answered[place], memory));
  const light = alive.filter(
    ({ type, memory }, place) => inside && weight(type, memory, lengths[place]) < heaviest,
  );
  const contents = await reader.ask(light.map(({ key, type, memory }) => glance(type, memory)(key)));
  return found.map((one) => {
    const place = alive.indexOf(one);
    if (place === -1) return null;
    const { type, ttlMs, memory } = one;
    const summary: KeySummary = { key: keyName(one.key), type, ttlMs, memory, length: lengths[place] };
    if (!inside) return summary;
    const seen = light.indexOf(one);
    const content: Content =
      seen === -1 ? { kind: 'opaque', text: '…' } : contentOf(type, memory, contents[seen]);
    return { ...summary, content };
  });
}

/** One key and what is in it; null when it does not exist. */
export async function lookInside(reader: Reader, name: string): Promise<KeyContent | null> {
  const [found] = await lookAt(reader, [keyBytes(name)], true);
  return found?.content ? { ...found, content: found.content } : null;
}

/** One page of the keys that match: as many SCAN steps as fill it; a step may give a few keys more than it was asked for. */
export async function pageOfKeys(
  reader: Reader,
  pattern: string,
  from: string,
): Promise<{ keys: KeySummary[]; cursor: string; total: number }> {
  let cursor = /^\d{1,20}$/.test(from) ? from : '0';
  const found = new Map<string, Buffer>();
  for (let step = 0; step < 20; step++) {
    const [answer] = await reader.ask([
      ['SCAN', cursor, 'MATCH', pattern || '*', 'COUNT', found.size === 0 ? scanned : pageOf],
    ]);
    const { next, keys } = scanStep(answer);
    cursor = next;
    for (const key of keys) found.set(key.toString('latin1'), key);
    if (cursor === '0' || found.size >= pageOf) break;
  }
  const summaries = await lookAt(reader, [...found.values()], false);
  const [total] = await reader.ask([['DBSIZE']]);
  return { keys: summaries.filter((summary) => summary !== null), cursor, total: Number(total) };
}

/** The answer of one SCAN; the end when it is an error. */
export function scanStep(answer: unknown): { next: string; keys: Buffer[] } {
  const [next, keys] = list(answer);
  return { next: text(next ?? '0'), keys: list(keys).map(bytesOf) };
}

function measure(type: string): (key: Buffer) => Question {
  return plain[type]?.length ?? ((key) => [described[type] ?? 'TYPE', key]);
}

/** About how many bytes a look inside would fetch, if its items are alike. */
function weight(type: string, memory: number, length: number): number {
  if (type === 'string' || type === 'ReJSON-RL') return 0;
  return (memory * Math.min(length, mostItems)) / Math.max(1, length);
}

function glance(type: string, memory: number): (key: Buffer) => Question {
  if (type === 'ReJSON-RL' && memory > largestJson) return (key) => ['JSON.OBJKEYS', key, '.'];
  return plain[type]?.content ?? ((key) => [described[type] ?? 'TYPE', key]);
}

function contentOf(type: string, memory: number, answer: unknown): Content {
  if (type === 'ReJSON-RL' && memory > largestJson)
    return { kind: 'items', items: list(answer).slice(0, mostItems).map(text) };
  const look = plain[type];
  if (look) return look.show(answer);
  const fields = list(answer);
  const lines = fields
    .map((field, place) => (place % 2 === 0 ? `${text(field)}: ` : `${text(field)}\n`))
    .join('');
  return { kind: 'opaque', text: cut(lines.trim(), 2000) };
}

/** A count as it is, or the one a module's description holds; bytes when nothing is counted. */
function lengthOf(answer: unknown, memory: number): number {
  if (typeof answer === 'number') return answer;
  const fields = list(answer);
  const place = fields.findIndex((field, index) => index % 2 === 0 && counts.test(text(field)));
  const count = place === -1 ? Number.NaN : Number(text(fields[place + 1]));
  return Number.isFinite(count) ? count : memory;
}

function pairs(flat: unknown[]): [string, string][] {
  const found: [string, string][] = [];
  for (let place = 0; place + 1 < flat.length && found.length < mostItems; place += 2) {
    found.push([text(flat[place]), text(flat[place + 1])]);
  }
  return found;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '(nil)';
  if (Array.isArray(value)) return cut(value.map(text).join(', '), longestItem);
  return cut(readable(bytesOf(value).subarray(0, longestItem * 4), longestItem * 4), longestItem);
}

function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' || typeof value === 'number' ? `${value}` : '');
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value].flat() : [];
}
