import type { Redis } from 'ioredis';
import type { OwnCommands } from './tap/own-commands.ts';

/** One command of the host's own, and its words. */
export type Question = readonly [name: string, ...words: (string | Buffer | number)[]];

/** What asks for no key, or in a way that the server does not count among its hits and misses. */
const uncounted = new Set(['DBSIZE', 'SCAN', 'MEMORY', 'TS.INFO']);

/** Asks an instance in the host's name: in one round trip, hidden from MONITOR and INFO, answers as bytes. */
export class Reader {
  readonly #admin: Redis;
  readonly #own: OwnCommands;

  constructor(admin: Redis, own: OwnCommands) {
    this.#admin = admin;
    this.#own = own;
  }

  /** The answers, in order; null for each that is an error (a key that changed its type meanwhile). */
  async ask(questions: readonly Question[]): Promise<unknown[]> {
    if (questions.length === 0) return [];
    const pipeline = this.#admin.pipeline();
    for (const [name, ...words] of questions) pipeline.callBuffer(name, ...words);
    const answers = (await pipeline.exec()) ?? [];
    for (const [place, [name]] of questions.entries()) {
      if (!uncounted.has(name)) this.#own.lookedUp(!isOfNoKey(name, answers[place]?.[1]));
    }
    return answers.map(([error, answer]) => (error ? null : answer));
  }
}

function isOfNoKey(name: string, answer: unknown): boolean {
  if (name === 'TYPE') return String(answer) === 'none';
  return name === 'PTTL' && answer === -2;
}
