import type { Redis } from 'ioredis';
import type { HiddenCommands } from './tap/hidden.ts';

/** One command of the host's own, and its words. */
export type Question = readonly [name: string, ...words: (string | Buffer | number)[]];

/** Asks an instance in the host's name: in one round trip, hidden from MONITOR, answers as bytes. */
export class Reader {
  readonly #admin: Redis;
  readonly #hidden: HiddenCommands;

  constructor(admin: Redis, hidden: HiddenCommands) {
    this.#admin = admin;
    this.#hidden = hidden;
  }

  /** The answers, in order; null for each that is an error (a key that changed its type meanwhile). */
  async ask(questions: readonly Question[]): Promise<unknown[]> {
    if (questions.length === 0) return [];
    const pipeline = this.#admin.pipeline();
    for (const [name, ...words] of questions) {
      this.#hidden.expect([name, ...words.map((word) => (typeof word === 'number' ? `${word}` : word))]);
      pipeline.callBuffer(name, ...words);
    }
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, answer]) => (error ? null : answer));
  }
}
