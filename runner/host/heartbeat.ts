import type { Redis } from 'ioredis';
import type { Box } from '../../sandbox/run.ts';

const interval = 100;
/** Processor time that one script may use; a loaded machine's waiting is not counted. */
const scriptMicroseconds = 350_000;
/** Processor time that one command that is no script may use before the server counts as hung. */
const commandMicroseconds = 2_500_000;
/** The same for one that uses none: it is not frozen by us, so something else stopped it. */
const silence = 30_000;
const thawPatience = 5000;

/** A beat that has no answer yet; `cpu` is the box's when that was first noticed. */
interface Asked {
  at: number;
  cpu: number | null;
}

/**
 * Asks an instance for its number of keys while it is used, and says when it hangs. A script that
 * runs too long is killed; one that has written cannot be, and then the server is lost.
 */
export class Heartbeat {
  /** How many keys there were at the last beat; null before the first. */
  keys: number | null = null;
  readonly #admin: Redis;
  readonly #box: Box;
  readonly #hung: () => void;
  #timer: NodeJS.Timeout | null = null;
  #asked: Asked | null = null;
  /** The processor time of the box when it last answered. */
  #cpu: number | null = null;

  constructor(admin: Redis, box: Box, hung: () => void) {
    this.#admin = admin;
    this.#box = box;
    this.#hung = hung;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), interval);
    void this.beat();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Asks once; false when there is no answer in time. */
  async beat(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), thawPatience);
    void this.#ask().then(resolve);
    const answered = await promise;
    clearTimeout(timer);
    return answered;
  }

  async #tick(): Promise<void> {
    if (this.#asked) await this.#doubt(this.#asked);
    else await this.#ask();
  }

  /** An answer is late: the box may be frozen, busy with a long command, or hung. */
  async #doubt(asked: Asked): Promise<void> {
    const { cpu } = await this.#box.usage().catch(() => ({ cpu: 0 }));
    asked.cpu ??= cpu;
    if (this.#asked !== asked) return;
    if (cpu - asked.cpu > commandMicroseconds || performance.now() - asked.at > silence) this.#hang();
  }

  async #ask(): Promise<boolean> {
    const asked: Asked = { at: performance.now(), cpu: null };
    this.#asked = asked;
    try {
      this.keys = await this.#admin.dbsize();
      this.#cpu = null;
      return true;
    } catch (error) {
      // A server that has ended says so elsewhere.
      if (!(error instanceof Error) || !error.message.startsWith('BUSY')) return true;
      await this.#busy();
      return true;
    } finally {
      if (this.#asked === asked) this.#asked = null;
    }
  }

  /** A script has run for longer than `busy-reply-threshold`. */
  async #busy(): Promise<void> {
    const { cpu } = await this.#box.usage().catch(() => ({ cpu: 0 }));
    this.#cpu ??= cpu - 250_000;
    if (cpu - this.#cpu < scriptMicroseconds) return;
    for (const kind of ['SCRIPT', 'FUNCTION']) {
      const answer = await this.#admin.call(kind, 'KILL').catch((error: Error) => error.message);
      if (String(answer).startsWith('UNKILLABLE')) return this.#hang();
    }
  }

  #hang(): void {
    this.stop();
    this.#hung();
  }
}
