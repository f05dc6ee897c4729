import type { Trace, TraceCommand } from '../protocol.ts';
import type { Command } from './command.ts';
import { cut, keyName, typed } from './quote.ts';
import type { Observer } from './tap.ts';

/** What a recording keeps; counters are always kept. */
export interface RecordingOptions {
  /** How many commands are listed whole; 2,000 by default, 0 for counters alone. */
  commands?: number;
}

/** The counters of a window, live. */
export interface Counters {
  readonly roundTrips: number;
  readonly commands: number;
  readonly errors: number;
  /** Bytes towards Redis, and back, as they were on the wire. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections made in the window, or open when it began and used in it. */
  readonly connections: number;
  /** Time during which at least one command awaited its reply. */
  readonly redisMs: number;
}

/** A window over a tap's traffic. */
export interface Recording extends Counters {
  /** Closes the window; what still waits is listed without a reply. Its findings are empty: findings.ts finds them. */
  end(): Trace;
  /** Keys of database 0 that commands of the window may have written, at most 1,000, and whether all of them may have been. */
  readonly written: { keys: ReadonlyMap<string, Buffer>; more: number; everything: boolean };
  /** The commands listed so far, in order of arrival, with what findings need of them. */
  readonly list: readonly Recorded[];
  /** The life of each connection used in the window. */
  readonly lives: readonly ConnectionLife[];
}

/** One listed command, and what is not sent to the learner. */
export interface Recorded extends TraceCommand {
  readonly flags: ReadonlySet<string>;
  /** Its first 32 words, each cut at 100 characters, the name first. */
  readonly words: readonly string[];
  /** How many words there were. */
  readonly count: number;
  readonly largest: number;
  readonly items: number;
  /** Whether it waited in a transaction, and so was executed by a later EXEC. */
  readonly queued: boolean;
  /** Which of its keys it may write. */
  readonly writes: readonly string[];
  readonly lost: boolean;
}

/** When a connection was made and ended in a window (null: before, not yet), and how many commands that name keys it carried. */
export interface ConnectionLife {
  readonly connection: number;
  readonly madeMs: number | null;
  readonly endedMs: number | null;
  readonly commands: number;
}

const mostListed = 2000;
const mostCharacters = 1024 * 1024;
const mostKeys = 100;
const mostWritten = 1000;
const mostNames = 256;
const longest = 200;
const longestKey = 1024;
const everything = new Set(['FLUSHALL', 'FLUSHDB', 'SWAPDB']);

type Draft = { -readonly [Field in keyof Recorded]: Recorded[Field] };

/** Records one window of a tap. */
export class Recorder implements Recording, Observer {
  roundTrips = 0;
  commands = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly list: Draft[] = [];
  readonly written = { keys: new Map<string, Buffer>(), more: 0, everything: false };
  readonly #startedAt = performance.now();
  readonly #most: number;
  readonly #stop: () => void;
  /** Commands of the window that wait, and their place in the list (-1: not listed). */
  readonly #waiting = new Map<Command, number>();
  readonly #totals = new Map<string, { count: number; ms: number; bytes: number }>();
  readonly #lives = new Map<
    number,
    { connection: number; madeMs: number | null; endedMs: number | null; commands: number; used: boolean }
  >();
  #trips = new Map<number, number>();
  #characters = 0;
  #redisMs = 0;
  #waitingSince = 0;
  #trace: Trace | null = null;

  constructor({ commands = mostListed }: RecordingOptions, stop: () => void) {
    this.#most = commands;
    this.#stop = stop;
  }

  get redisMs(): number {
    return this.#redisMs + (this.#waiting.size > 0 ? performance.now() - this.#waitingSince : 0);
  }

  get connections(): number {
    return [...this.#lives.values()].filter(({ used, madeMs }) => used || madeMs !== null).length;
  }

  get lives(): ConnectionLife[] {
    return [...this.#lives.values()];
  }

  /** Notes a connection that was open before the window. */
  found(connection: number): void {
    this.#lives.set(connection, { connection, madeMs: null, endedMs: null, commands: 0, used: false });
  }

  connected(connection: number): void {
    if (this.#lives.size >= mostListed) return;
    this.#lives.set(connection, { connection, madeMs: this.#now(), endedMs: null, commands: 0, used: false });
  }

  disconnected(connection: number): void {
    const life = this.#lives.get(connection);
    if (life) life.endedMs = this.#now();
  }

  /** This recorder, of a tap that leads to one of several nodes. */
  at(node: number): Observer {
    return {
      arrived: (command) => this.arrived(command, node),
      finished: (command) => this.finished(command),
      pushed: (bytes) => this.pushed(bytes),
      connected: (connection) => this.connected(connection),
      disconnected: (connection) => this.disconnected(connection),
    };
  }

  arrived(command: Command, node?: number): void {
    if (this.#waiting.size === 0) this.#waitingSince = performance.now();
    this.commands++;
    this.bytesIn += command.wireBytes;
    this.#countTrip(command.roundTrip);
    const life = this.#lives.get(command.connection);
    if (life) {
      life.used = true;
      if (command.spec?.keyed) life.commands++;
    }
    this.#noteWrites(command);
    this.#waiting.set(command, this.#list(command, node));
  }

  finished(command: Command): void {
    const place = this.#waiting.get(command);
    if (place === undefined) return;
    this.#waiting.delete(command);
    const now = performance.now();
    if (this.#waiting.size === 0) this.#redisMs += now - this.#waitingSince;
    const ms = (command.endedAt ?? now) - command.startedAt;
    const { reply } = command;
    if (reply?.kind === 'error') this.errors++;
    if (command.state !== 'lost') this.bytesOut += reply?.bytes ?? 0;
    this.#total(command, ms);
    const listed = this.list[place];
    if (!listed) return;
    listed.durationMs = round(ms);
    listed.lost = command.state === 'lost';
    if (!reply || command.state === 'lost') return;
    listed.replyBytes = reply.bytes;
    listed.replyKind = reply.kind;
    listed.items = reply.items;
    listed.largest = Math.max(listed.largest, reply.largest);
    const left = Math.max(0, mostCharacters - this.#characters);
    listed.reply = left === 0 ? '' : cut(reply.text, Math.min(longest, left));
    this.#characters += listed.reply.length;
  }

  pushed(bytes: number): void {
    this.bytesOut += bytes;
  }

  end(): Trace {
    if (this.#trace) return this.#trace;
    this.#stop();
    const now = performance.now();
    if (this.#waiting.size > 0) this.#redisMs += now - this.#waitingSince;
    for (const [command, place] of this.#waiting) {
      this.#total(command, now - command.startedAt);
      if (this.list[place]) this.list[place].durationMs = round(now - command.startedAt);
    }
    this.#waiting.clear();
    this.#trace = {
      roundTrips: this.roundTrips,
      commands: this.commands,
      errors: this.errors,
      redisMs: round(this.#redisMs),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      connections: this.connections,
      list: this.list.map(shown),
      totals: [...this.#totals]
        .map(([name, total]) => ({ name, ...total, ms: round(total.ms) }))
        .toSorted((a, b) => b.count - a.count),
      findings: [],
    };
    return this.#trace;
  }

  /** Numbers the tap's round trips from 1 in this window. */
  #countTrip(roundTrip: number): void {
    if (this.#trips.has(roundTrip)) return;
    this.roundTrips++;
    this.#trips.set(roundTrip, this.roundTrips);
    // Only the latest can still grow, one for each connection.
    if (this.#trips.size > mostListed) this.#trips = new Map([...this.#trips].slice(-mostListed / 2));
  }

  #list(command: Command, node?: number): number {
    if (this.list.length >= this.#most || this.#characters >= mostCharacters) return -1;
    const words = command.arguments;
    const text = describe(command);
    const keys = command.transaction
      ? []
      : command.keys.slice(0, mostKeys).map((key) => cut(keyName(key), longest));
    this.#characters += text.length + keys.reduce((sum, key) => sum + key.length, 0);
    this.list.push({
      name: command.name,
      text,
      keys,
      argumentBytes: command.argumentBytes,
      replyBytes: 0,
      replyKind: 'none',
      reply: '',
      startMs: round(command.startedAt - this.#startedAt),
      durationMs: 0,
      roundTrip: this.#trips.get(command.roundTrip) ?? 0,
      connection: command.connection,
      ...(node !== undefined && { node }),
      flags: command.spec?.flags ?? noFlags,
      words: words.slice(0, 32).map((word) => cut(word.toString('utf8', 0, 400), 100)),
      count: command.count,
      largest: command.largestArgument,
      items: 0,
      queued: command.queued,
      writes: command.touched
        .filter(({ writes }) => writes)
        .slice(0, mostKeys)
        .map(({ key }) => cut(keyName(key), longest)),
      lost: false,
    });
    return this.list.length - 1;
  }

  #noteWrites(command: Command): void {
    const writes = writesOf(command);
    if (writes === 'everything') this.written.everything = true;
    if (writes === null || writes === 'everything') return;
    const { keys } = this.written;
    for (const [name, key] of writes) {
      if (keys.has(name)) continue;
      if (keys.size < mostWritten) keys.set(name, key);
      else this.written.more++;
    }
  }

  #total(command: Command, ms: number): void {
    const known = command.spec !== null && (this.#totals.size < mostNames || this.#totals.has(command.name));
    const name = known ? command.name : '?';
    const total = this.#totals.get(name) ?? { count: 0, ms: 0, bytes: 0 };
    total.count++;
    total.ms += ms;
    total.bytes += command.wireBytes + (command.state === 'lost' ? 0 : (command.reply?.bytes ?? 0));
    this.#totals.set(name, total);
  }

  #now(): number {
    return round(performance.now() - this.#startedAt);
  }
}

/** The keys of database 0 that a command may write, by their bytes as latin1; null when it writes none. */
export function writesOf(command: Command): Map<string, Buffer> | 'everything' | null {
  if (command.spec?.writes !== true) return null;
  if (everything.has(command.name)) return 'everything';
  if (command.database !== 0) return null;
  const whole = command.touched.filter(({ key, writes }) => writes && key.length < longestKey);
  return new Map(whole.map(({ key }) => [key.toString('latin1'), key]));
}

const noFlags: ReadonlySet<string> = new Set();

/** The command as it would be typed, cut at 200 characters. */
export function describe(command: Command): string {
  let text = '';
  for (const [place, word] of command.arguments.entries()) {
    if (place > 0) text += ' ';
    text += typed(word, longestKey);
    if (text.length > longest) return cut(text, longest);
  }
  return command.arguments.length < command.count ? cut(`${text} …`, longest) : text;
}

/** What a learner gets of a listed command. */
function shown(command: Recorded): TraceCommand {
  const {
    name,
    text,
    keys,
    argumentBytes,
    replyBytes,
    replyKind,
    reply,
    startMs,
    durationMs,
    roundTrip,
    connection,
    node,
  } = command;
  return {
    name,
    text,
    keys,
    argumentBytes,
    replyBytes,
    replyKind,
    reply,
    startMs,
    durationMs,
    roundTrip,
    connection,
    ...(node !== undefined && { node }),
  };
}

/** Microseconds are as far as these times mean something. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
