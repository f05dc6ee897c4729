/**
 * The anti-patterns of a trace. Each is a pure function of the listed commands, and says what it
 * measured and which commands it concerns; the sentences are the server's.
 */
import type { Finding, KeyspaceDifference } from '../protocol.ts';
import type { ConnectionLife, Recorded } from './trace.ts';

/** What findings are made of: a recording, live or written by a test. */
export interface Evidence {
  readonly list: readonly Recorded[];
  readonly lives: readonly ConnectionLife[];
}

type Detector = (evidence: Evidence, keyspace: KeyspaceDifference) => Finding[];

const manyTrips = 10;
const largeRead = 1000;
const largeBytes = 1_000_000;
const manyScripts = 3;
const manyItems = 100;
const manyConnections = 5;
const fewCommands = 5;
const longBlock = 50;
const near = 8;
const mostCommands = 200;

/** Every anti-pattern found, the most telling first. */
export function findings(evidence: Evidence, keyspace: KeyspaceDifference): Finding[] {
  const detectors = [
    readThenWrite,
    sequential,
    largeReads,
    noExpiry,
    resentScripts,
    unbounded,
    searches,
    largeValues,
    connections,
    blocking,
  ];
  return detectors
    .flatMap((detector: Detector) => detector(evidence, keyspace))
    .map((finding) => ({
      ...finding,
      commands: finding.commands.slice(0, mostCommands),
    }));
}

/** The same command for one key after another, each waiting for the reply of the one before. */
function sequential({ list }: Evidence): Finding[] {
  const inTrip = new Map<number, number>();
  for (const { roundTrip } of list) inTrip.set(roundTrip, (inTrip.get(roundTrip) ?? 0) + 1);
  const runs = new Map<string, number[]>();
  for (const [place, command] of list.entries()) {
    if (command.keys.length !== 1 || command.queued || inTrip.get(command.roundTrip) !== 1) continue;
    const name = `${command.connection} ${command.name}`;
    runs.set(name, [...(runs.get(name) ?? []), place]);
  }
  return [...runs.values()].flatMap((places) => {
    const keys = new Set(places.map((place) => list[place].keys[0]));
    if (keys.size < manyTrips) return [];
    const ms = Math.round(places.reduce((sum, place) => sum + list[place].durationMs, 0) * 10) / 10;
    return [
      {
        id: 'n-plus-one',
        data: { command: list[places[0]].name, count: places.length, ms },
        commands: places,
      },
    ];
  });
}

/** Commands that answer with a whole collection, or walk the whole keyspace. */
function largeReads({ list }: Evidence): Finding[] {
  return grouped(list, (command) => {
    if (command.name === 'KEYS') return 'KEYS';
    const pairs = command.name === 'HGETALL' && command.replyKind === 'array' ? 2 : 1;
    return readsAll(command) && command.items / pairs >= largeRead ? command.name : null;
  }).map(({ group, places }) => ({
    id: 'large-read',
    data: {
      command: group,
      count: Math.max(...places.map((place) => list[place].items)),
      times: places.length,
    },
    commands: places,
  }));
}

function readsAll({ name, words }: Recorded): boolean {
  if (['SMEMBERS', 'HGETALL', 'HKEYS', 'HVALS', 'SUNION', 'SINTER', 'SDIFF'].includes(name)) return true;
  if (name === 'LRANGE' || name === 'ZRANGE') return words[2] === '0' && words[3] === '-1';
  return name === 'XRANGE' && words[2] === '-' && words[3] === '+' && words.length === 4;
}

const ephemeral =
  /(?:^|[:._-])(?:sess(?:ions?)?|cache|tokens?|jetons?|otp|nonce|csrf|locks?|verrous?|tmp|temp|rate|ratelimit|quota|limite?s?)(?:[:._-]|$)/i;

/** Keys whose name says that they will not last, and that nothing will remove. */
function noExpiry({ list }: Evidence, keyspace: KeyspaceDifference): Finding[] {
  const after = [...keyspace.created, ...keyspace.changed.map((change) => change.after)];
  const lasting = new Set(
    after.filter(({ key, ttlMs }) => ttlMs === -1 && ephemeral.test(key)).map(({ key }) => key),
  );
  const places = placesOf(list, (command) => command.writes.some((key) => lasting.has(key)));
  const keys = new Set(places.flatMap((place) => list[place].writes.filter((key) => lasting.has(key))));
  const [key] = keys;
  return key === undefined ? [] : [{ id: 'no-ttl', data: { key, count: keys.size }, commands: places }];
}

const decisive = new Set([
  'SET',
  'MSET',
  'HSET',
  'HMSET',
  'JSON.SET',
  'INCR',
  'INCRBY',
  'INCRBYFLOAT',
  'DECR',
  'DECRBY',
  'HINCRBY',
  'DEL',
  'UNLINK',
  'SADD',
  'ZADD',
  'LPUSH',
  'RPUSH',
  'SETEX',
  'PSETEX',
]);
const looks = new Set([
  'GET',
  'HGET',
  'HGETALL',
  'HMGET',
  'JSON.GET',
  'EXISTS',
  'ZSCORE',
  'ZCARD',
  'SISMEMBER',
  'SCARD',
  'LLEN',
  'STRLEN',
]);

/** A key that is read, then written according to what was read, while anybody may come between. */
function readThenWrite({ list }: Evidence): Finding[] {
  const found = new Map<string, number[]>();
  const reads = new Map<string, { place: number; command: Recorded }>();
  const watched = new Set<number>();
  const sent = new Map<number, number>();
  for (const [place, command] of list.entries()) {
    const { connection, name } = command;
    const number = (sent.get(connection) ?? 0) + 1;
    sent.set(connection, number);
    if (name === 'WATCH') watched.add(connection);
    if (name === 'EXEC' || name === 'DISCARD' || name === 'UNWATCH') watched.delete(connection);
    if (watched.has(connection)) continue;
    for (const key of command.keys) {
      const id = `${connection} ${key}`;
      const read = reads.get(id);
      if (looks.has(name) && !command.queued) {
        reads.set(id, { place, command });
      } else if (read && decisive.has(name) && command.writes.includes(key)) {
        if (follows(read.command, command, place - read.place)) {
          found.set(key, [...(found.get(key) ?? []), read.place, place]);
        }
        reads.delete(id);
      }
    }
  }
  return [...found].map(([key, places]) => ({
    id: 'read-then-write',
    data: { key, count: places.length / 2, read: list[places[0]].name, write: list[places[1]].name },
    commands: places,
  }));
}

function follows(read: Recorded, write: Recorded, distance: number): boolean {
  if (distance > near || read.replyKind === 'error' || read.startMs + read.durationMs > write.startMs)
    return false;
  // SET … NX decides by itself; filling a cache that had nothing is no update of what was read.
  const words = write.words.map((word) => word.toUpperCase());
  if (words.includes('NX') || words.includes('XX')) return false;
  const nothing =
    read.replyKind === 'null' || read.reply === '(nil)' || (read.items === 0 && read.replyKind === 'array');
  const expires = /^P?SETEX$/.test(write.name) || words.some((word) => /^(EX|PX|EXAT|PXAT)$/.test(word));
  return !(nothing && expires);
}

/** The whole text of a script, sent again and again. */
function resentScripts({ list }: Evidence): Finding[] {
  return grouped(list, ({ name, words, argumentBytes }) =>
    name === 'EVAL' || name === 'EVAL_RO' ? `${argumentBytes >> 6} ${words[1]}` : null,
  )
    .filter(({ places }) => places.length >= manyScripts)
    .map(({ places }) => {
      const bytes = places.slice(1).reduce((sum, place) => sum + list[place].argumentBytes, 0);
      return { id: 'eval-resent', data: { count: places.length, bytes }, commands: places };
    });
}

const grows = /^(?:[LR]PUSHX?|SADD|ZADD|XADD|ZINCRBY)$/;
const shrinks =
  /^(?:[LR]POP|LTRIM|LREM|B[LR]POP|LMOVE|RPOPLPUSH|SPOP|SREM|ZREM.*|ZPOP.*|XTRIM|XDEL|DEL|UNLINK|P?EXPIRE(?:AT)?)$/;

/** A collection that every call makes longer, and nothing shorter. */
function unbounded({ list }: Evidence, keyspace: KeyspaceDifference): Finding[] {
  const expiring = new Set(
    [...keyspace.created, ...keyspace.changed.map((change) => change.after)]
      .filter(({ ttlMs }) => ttlMs >= 0)
      .map(({ key }) => key),
  );
  const bounded = new Set(list.filter(({ name }) => shrinks.test(name)).flatMap(({ keys }) => keys));
  return grouped(list, ({ name, keys, words }) => {
    const trims = name === 'XADD' && words.some((word) => /^(MAXLEN|MINID)$/i.test(word));
    return grows.test(name) && !trims && keys.length === 1 ? keys[0] : null;
  })
    .filter(({ group, places }) => places.length >= manyItems && !bounded.has(group) && !expiring.has(group))
    .map(({ group, places }) => ({
      id: 'unbounded',
      data: { key: group, count: places.length },
      commands: places,
    }));
}

/** Searches that take the ten results of the default for all there are, and aggregations that take all. */
function searches({ list }: Evidence): Finding[] {
  const places = placesOf(list, ({ name, words, count }) => {
    if (name !== 'FT.SEARCH' && name !== 'FT.AGGREGATE') return false;
    return count <= words.length && !words.some((word) => /^(LIMIT|WITHCURSOR)$/i.test(word));
  });
  return places.length === 0
    ? []
    : [{ id: 'search-without-limit', data: { count: places.length }, commands: places }];
}

function largeValues({ list }: Evidence): Finding[] {
  return grouped(list, ({ largest, keys, name }) => (largest > largeBytes ? (keys[0] ?? name) : null)).map(
    ({ group, places }) => ({
      id: 'large-value',
      data: { key: group, bytes: Math.max(...places.map((place) => list[place].largest)) },
      commands: places,
    }),
  );
}

/** Connections that are made, used for a few commands, and ended, one after another. */
function connections({ list, lives }: Evidence): Finding[] {
  const brief = lives.filter(
    ({ madeMs, endedMs, commands }) =>
      madeMs !== null && endedMs !== null && commands > 0 && commands <= fewCommands,
  );
  if (brief.length < manyConnections) return [];
  const numbers = new Set(brief.map(({ connection }) => connection));
  const commands = brief.reduce((sum, life) => sum + life.commands, 0);
  return [
    {
      id: 'connection-per-request',
      data: { count: brief.length, commands },
      commands: placesOf(list, ({ connection, keys }) => numbers.has(connection) && keys.length > 0),
    },
  ];
}

/** A command that waits for somebody, on a connection where others then wait behind it. */
function blocking({ list }: Evidence): Finding[] {
  return list.flatMap((command, place) => {
    if (!waits(command) || command.durationMs < longBlock) return [];
    const until = command.startMs + command.durationMs;
    const behind = placesOf(list, (other, after) => {
      const sameConnection = after > place && other.connection === command.connection;
      return sameConnection && other.startMs < until && !waits(other);
    });
    if (behind.length === 0) return [];
    const waitedMs = Math.round(until - list[behind[0]].startMs);
    return [
      {
        id: 'blocking-shared',
        data: { command: command.name, count: behind.length, waitedMs },
        commands: [place, ...behind],
      },
    ];
  });
}

function waits({ flags, words, queued }: Recorded): boolean {
  if (queued || !flags.has('blocking')) return false;
  return !/^XREAD/i.test(words[0]) || words.some((word) => /^BLOCK$/i.test(word));
}

function placesOf(
  list: readonly Recorded[],
  chosen: (command: Recorded, place: number) => boolean,
): number[] {
  return list.flatMap((command, place) => (chosen(command, place) ? [place] : []));
}

function grouped(
  list: readonly Recorded[],
  group: (command: Recorded) => string | null,
): { group: string; places: number[] }[] {
  const groups = new Map<string, number[]>();
  for (const [place, command] of list.entries()) {
    const name = group(command);
    if (name === null) continue;
    const places = groups.get(name);
    if (places) places.push(place);
    else groups.set(name, [place]);
  }
  return [...groups].map(([name, places]) => ({ group: name, places }));
}
