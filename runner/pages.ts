/** The pages that are open: one WebSocket each, with what it may still be sent bounded. */
import type { WebSocket } from 'ws';
import type { Limits } from './config.ts';
import type { ServerMessage } from './protocol.ts';

/** Told to a browser that reads too slowly; it reconnects and is given what stands. */
const TRY_AGAIN_LATER = 1013;

/** One open page of one learner. */
export class Page {
  readonly learner: string;
  /** The lessons and labs it said hello for. */
  readonly lessons = new Set<string>();
  readonly #socket: WebSocket;
  readonly #limits: Limits;

  constructor(socket: WebSocket, learner: string, limits: Limits) {
    this.#socket = socket;
    this.learner = learner;
    this.#limits = limits;
  }

  /** Whether it reads too slowly for what can be skipped. */
  get slow(): boolean {
    return this.#socket.bufferedAmount > this.#limits.unsentSkips;
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#limits.unsentCloses) {
      this.#socket.close(TRY_AGAIN_LATER, 'slow reader');
      setTimeout(() => this.#socket.terminate(), 5_000).unref();
      return;
    }
    this.#socket.send(JSON.stringify(message));
  }
}

/** Every open page, by learner. */
export class Pages {
  readonly #pages = new Map<string, Set<Page>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  *[Symbol.iterator](): Iterator<Page> {
    for (const pages of this.#pages.values()) yield* pages;
  }

  of(learner: string): ReadonlySet<Page> {
    return this.#pages.get(learner) ?? new Set();
  }

  add(page: Page): void {
    const pages = this.#pages.get(page.learner) ?? new Set();
    pages.add(page);
    this.#pages.set(page.learner, pages);
    this.#count += 1;
  }

  remove(page: Page): void {
    const pages = this.#pages.get(page.learner);
    if (pages === undefined || !pages.delete(page)) return;
    this.#count -= 1;
    if (pages.size === 0) this.#pages.delete(page.learner);
  }

  /** Tells every page where this learner has this lesson or lab open. */
  tell(learner: string, lesson: string, message: ServerMessage): void {
    for (const page of this.of(learner)) {
      if (page.lessons.has(lesson)) page.send(message);
    }
  }

  /** Whether this learner has this lesson open anywhere. */
  watches(learner: string, lesson: string): boolean {
    return [...this.of(learner)].some((page) => page.lessons.has(lesson));
  }
}
