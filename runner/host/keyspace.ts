/**
 * What a run changed among the keys, without looking at those it did not touch.
 *
 * Candidates are the keys that the tapped commands may have written, and those that key events name:
 * `new`, `expired`, `evicted`; scripts that create keys they did not declare are seen by these too. What
 * a key was before is what was seen of it last: after the seed when there are at most 1,000 keys, then
 * after each run. At most 200 keys are looked at, whatever the size of the keyspace.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Instance } from './instance.ts';
import { lookAt, scanStep } from './keys.ts';
import type { KeyspaceDifference, KeySummary } from './protocol.ts';
import { Reader } from './reader.ts';
import type { Command } from './tap/command.ts';
import { writesOf, type Recording } from './tap/trace.ts';

const mostLookedAt = 200;
const mostKnown = 1000;
/** New keys of one run after which events are turned off: they are only counted from then on. */
const mostEvents = 2000;
const largestKept = 2000;
const largestContent = 256 * 1024;
const channels = ['new', 'expired', 'evicted'].map((event) => `__keyevent@0__:${event}`);

interface Known {
  summary: KeySummary;
  /** Of everything that was seen of it. */
  digest: string;
  expiresAt: number | null;
}

/** The keys of one instance, as far as they are known. */
export class Keyspace {
  readonly reader: Reader;
  readonly #instance: Instance;
  readonly #events: Redis;
  readonly #windows = new Set<Window>();
  readonly #known = new Map<string, Known>();
  /** Keys that something other than a run may have changed. */
  readonly #stale = new Set<string>();
  /** Whether every key is known. */
  #complete = false;

  private constructor(instance: Instance, events: Redis) {
    this.#instance = instance;
    this.#events = events;
    this.reader = new Reader(instance.admin, instance.hidden);
    events.on('messageBuffer', (channel: Buffer, key: Buffer) => this.#event(channel.toString(), key));
  }

  /** Begins to listen, and learns the keys that are there. */
  static async open(instance: Instance): Promise<Keyspace> {
    const keyspace = new Keyspace(instance, instance.anotherConnection());
    await keyspace.#events.subscribe(...channels);
    await keyspace.#learn();
    return keyspace;
  }

  close(): void {
    this.#events.disconnect();
  }

  /** Begins the window of a run. */
  async window(): Promise<Window> {
    const stale = [...this.#stale].slice(0, mostLookedAt);
    this.#stale.clear();
    if (stale.length > 0) await this.#look(stale);
    const window = new Window(this.reader.ask([['DBSIZE']]).then(([total]) => Number(total)));
    this.#windows.add(window);
    return window;
  }

  /** Notes a command that is sent outside of any run: by a terminal, or by a timer that outlived its cell. */
  touched(command: Command): void {
    const writes = writesOf(command);
    if (writes === 'everything') this.#forget();
    else if (writes) for (const key of writes.keys()) this.#mistrust(key);
  }

  /** Ends the window: what changed in it, of the keys that were written and those that events named. */
  async difference(window: Window, written: Recording['written']): Promise<KeyspaceDifference> {
    this.#windows.delete(window);
    if (window.crowded && ![...this.#windows].some(({ crowded }) => crowded))
      this.#instance.tellNewKeys(true);
    const all = written.everything ? [...this.#known.keys()] : [];
    const candidates = [...new Set([...written.keys.keys(), ...window.named.keys(), ...all])];
    const chosen = candidates.slice(0, mostLookedAt);
    const before = new Map(chosen.map((key) => [key, this.#known.get(key)]));
    const wasComplete = this.#complete;
    const after = await this.#look(chosen);
    const difference: KeyspaceDifference = { created: [], changed: [], deleted: [], more: 0 };
    let room = largestContent;
    for (const key of chosen) {
      const was = before.get(key);
      const is = after.get(key);
      const summary = is && fitted(is.summary, room);
      room -= summary?.content ? JSON.stringify(summary.content).length : 0;
      if (summary && was) {
        if (differs(was, is, written.keys.has(key)))
          difference.changed.push({ before: was.summary, after: summary });
      } else if (summary && (wasComplete || window.named.get(key) === 'new'))
        difference.created.push(summary);
      else if (summary) difference.changed.push({ before: null, after: summary });
      else if (was) difference.deleted.push(was.summary);
    }
    difference.more = await this.#more(window, written, candidates.length - chosen.length);
    return difference;
  }

  async #more(window: Window, written: Recording['written'], left: number): Promise<number> {
    for (const key of [...written.keys.keys(), ...window.named.keys()].slice(mostLookedAt))
      this.#stale.add(key);
    if (!window.crowded && !written.everything) return left + written.more;
    const [total] = await this.reader.ask([['DBSIZE']]);
    return Math.max(left + written.more, Math.abs(Number(total) - (await window.total)) - mostLookedAt);
  }

  async #learn(): Promise<void> {
    const [total] = await this.reader.ask([['DBSIZE']]);
    if (Number(total) > mostKnown) return;
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [answer] = await this.reader.ask([['SCAN', cursor, 'COUNT', mostKnown]]);
      const { next, keys } = scanStep(answer);
      cursor = next;
      for (const key of keys) found.add(key.toString('latin1'));
    } while (cursor !== '0' && found.size <= mostKnown);
    if (found.size > mostKnown) return;
    await this.#look([...found]);
    this.#complete = true;
  }

  /** Looks at keys, and knows them from then on. */
  async #look(keys: readonly string[]): Promise<Map<string, Known>> {
    const found = await lookAt(
      this.reader,
      keys.map((key) => Buffer.from(key, 'latin1')),
      true,
    );
    const now = Date.now();
    const seen = new Map<string, Known>();
    for (const [place, summary] of found.entries()) {
      const key = keys[place];
      this.#known.delete(key);
      if (summary === null) continue;
      const { content, ...rest } = summary;
      const digest = createHash('sha1').update(JSON.stringify(content)).digest('base64');
      const expiresAt = summary.ttlMs < 0 ? null : now + summary.ttlMs;
      seen.set(key, { summary, digest, expiresAt });
      const kept = JSON.stringify(content).length <= largestKept ? summary : rest;
      this.#known.set(key, { summary: kept, digest, expiresAt });
    }
    while (this.#known.size > mostKnown) {
      this.#known.delete(this.#known.keys().next().value!);
      this.#complete = false;
    }
    return seen;
  }

  #event(channel: string, key: Buffer): void {
    const name = key.toString('latin1');
    const event = channel.slice(channel.indexOf(':') + 1);
    for (const window of this.#windows) {
      const was = window.crowded;
      window.note(name, event);
      if (window.crowded && !was) this.#instance.tellNewKeys(false);
    }
    if (this.#windows.size > 0) return;
    if (event === 'new') this.#mistrust(name);
    else this.#known.delete(name);
  }

  #mistrust(key: string): void {
    this.#stale.add(key);
    if (this.#stale.size > mostKnown) this.#forget();
  }

  #forget(): void {
    this.#known.clear();
    this.#stale.clear();
    this.#complete = false;
  }
}

/** What key events told during one run. */
export class Window {
  /** How many keys there were at its beginning. */
  readonly total: Promise<number>;
  readonly named = new Map<string, string>();

  constructor(total: Promise<number>) {
    this.total = total;
  }

  /** Whether there were too many events to keep. */
  get crowded(): boolean {
    return this.named.size >= mostEvents;
  }

  note(key: string, event: string): void {
    if (this.crowded) return;
    // A key that is new and then expires was there neither before nor after.
    if (event === 'new' || !this.named.has(key)) this.named.set(key, event);
  }
}

/** Whether a key is not what it was. Beyond what is looked at, a key that was written counts as changed. */
function differs(was: Known, is: Known, written: boolean): boolean {
  if (was.summary.type !== is.summary.type || was.summary.length !== is.summary.length) return true;
  if (was.digest !== is.digest || (was.expiresAt === null) !== (is.expiresAt === null)) return true;
  if (was.expiresAt !== null && Math.abs(was.expiresAt - is.expiresAt!) > 50) return true;
  if (was.summary.memory !== is.summary.memory) return true;
  return written && is.summary.length > (is.summary.type === 'string' ? 200 : 100);
}

function fitted(summary: KeySummary, room: number): KeySummary {
  if (summary.content === undefined || JSON.stringify(summary.content).length <= room) return summary;
  const { content: _left, ...rest } = summary;
  return rest;
}
