/**
 * What instances held when they were stopped, kept for when they start again.
 *
 * Theory of operation. A state comes out of an instance over its own socket, as a replica would get it
 * (SYNC, streamed), and goes into a new one as the /tmp/dump.rdb of its box, written by bubblewrap from a
 * descriptor. No one here reads what is in it, and no path inside a box is ever opened. Each state and
 * all states of a learner are capped; beyond that, and beyond what all may take, the oldest go first.
 */
import { connect } from 'node:net';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Unsaved } from './protocol.ts';

/** How much may be kept, in bytes: of one instance, of one learner, of all. */
export interface StateLimits {
  one: number;
  learner: number;
  all: number;
}

const MiB = 1024 * 1024;
/** What is kept when nobody says otherwise; ATELIER_STATE_MIB is the size of one. */
const ordinary: StateLimits = {
  one: (Number(process.env.ATELIER_STATE_MIB) || 64) * MiB,
  learner: 128 * MiB,
  all: 8192 * MiB,
};
const copyPatience = 10_000;
const sweepEvery = 60_000;
/** `learner/lesson`, both without anything that a path could mean. */
const named = /^[\w-]{1,80}\/[\w-]{1,80}$/;

/** A copy of all that an instance holds; rejects when it is more than `most` bytes. */
export function copyState(socket: string, admin: Redis, most = ordinary.one): Promise<Buffer> {
  const { username, password } = admin.options;
  return new Promise((resolve, reject) => {
    const stream = connect(socket);
    let received: Buffer = Buffer.alloc(0);
    let tail: Buffer = Buffer.alloc(0);
    const parts: Buffer[] = [];
    let length = 0;
    /** Where the state begins is known: the forty characters that end it, or its length. */
    let end: Buffer | number | null = null;
    const finish = (error: Error | null, state = Buffer.alloc(0)): void => {
      clearTimeout(late);
      stream.destroy();
      if (error) reject(error);
      else resolve(state);
    };
    const late = setTimeout(() => finish(new Error('the state did not come in time')), copyPatience);
    stream.on('error', finish);
    stream.on('close', () => finish(new Error('the connection ended before the state')));
    stream.on('data', (chunk: Buffer) => {
      if (end === null) {
        received = Buffer.concat([received, chunk]);
        const said = received.subarray(0, 4096).toString('latin1');
        const head = /^(?:\+OK\r\n){2}\n*\$(?:EOF:([0-9a-f]{40})|(\d+))\r\n/.exec(said);
        // Redis takes SYNC only from a connection that has been given all its answers.
        if (said === '+OK\r\n+OK\r\n') stream.write('SYNC\r\n');
        else if (!head && (said.length === 4096 || /^-|\n-/.test(said)))
          finish(new Error('no state is given'));
        if (!head) return;
        end = head[1] === undefined ? Number(head[2]) : Buffer.from(head[1]);
        chunk = received.subarray(head[0].length);
      }
      parts.push(chunk);
      length += chunk.length;
      if (length > most + 40) return finish(new RangeError('the state is larger than what is kept'));
      if (typeof end === 'number') {
        if (length >= end) finish(null, Buffer.concat(parts).subarray(0, end));
        return;
      }
      // The mark may be cut in two.
      tail = Buffer.concat([tail, chunk.subarray(-40)]).subarray(-40);
      if (tail.equals(end)) finish(null, Buffer.concat(parts).subarray(0, length - 40));
    });
    stream.write(`AUTH ${username} ${password}\r\nREPLCONF capa eof\r\n`);
  });
}

/** The states of this server's learners, one file each. */
export class SavedStates {
  readonly limits: StateLimits;
  readonly #folder: string;
  /** Sessions that end now, and may still write. */
  readonly #ending = new Map<string, Promise<unknown>>();
  #swept = 0;

  constructor(folder: string, limits = ordinary) {
    this.#folder = folder;
    this.limits = limits;
  }

  /** Lets whoever reads a state wait for the end of the session that has it. */
  hold(name: string, ending: Promise<unknown>): void {
    const over = ending.then(ignore, ignore).then(() => {
      if (this.#ending.get(name) === over) this.#ending.delete(name);
    });
    this.#ending.set(name, over);
  }

  async read(name: string): Promise<Buffer | null> {
    await this.#ending.get(name);
    return readFile(this.#path(name)).catch(() => null);
  }

  /** Keeps a state in place of the last one, whole or not at all. */
  async write(name: string, state: Buffer): Promise<void> {
    const path = this.#path(name);
    if (state.length > this.limits.one) throw new RangeError('the state is larger than what is kept');
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await dropOldest(dirname(path), this.limits.learner - state.length, path);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(state);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await rm(`${path}.lost`, { force: true });
    if (Date.now() - this.#swept < sweepEvery) return;
    this.#swept = Date.now();
    await dropOldest(this.#folder, this.limits.all, path);
  }

  async drop(name: string): Promise<void> {
    await Promise.all(
      [this.#path(name), `${this.#path(name)}.lost`].map((path) => rm(path, { force: true })),
    );
  }

  /** Notes that what an instance held was not kept, for its learner to be told when he comes back. */
  async lose(name: string, why: Unsaved): Promise<void> {
    const path = this.#path(name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.lost`, JSON.stringify(why), { mode: 0o600 });
  }

  /** Why the last one was not kept, told once; null when it was. */
  async lost(name: string): Promise<Unsaved | null> {
    const path = `${this.#path(name)}.lost`;
    const text = await readFile(path, 'utf8').catch(() => null);
    await rm(path, { force: true });
    return text === null ? null : JSON.parse(text);
  }

  #path(name: string): string {
    if (!named.test(name)) throw new Error(`not the name of a state: ${name}`);
    return join(this.#folder, `${name}.rdb`);
  }
}

/** Removes the oldest files below a folder, but one, until they take no more than `most` bytes. */
async function dropOldest(folder: string, most: number, but: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(
    names
      .map((name) => join(folder, name))
      .filter((path) => path.endsWith('.rdb') && path !== but)
      .map(async (path) => {
        const found = await stat(path).catch(() => null);
        return { path, at: found?.mtimeMs ?? 0, size: found?.size ?? 0 };
      }),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.toSorted((a, b) => a.at - b.at)) {
    if (total <= most) return;
    await rm(path, { force: true });
    total -= size;
  }
}

function ignore(): void {}
