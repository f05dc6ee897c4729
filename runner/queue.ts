/**
 * Who runs next. Each learner has a line of their own and the lines are served in turn, so that a
 * learner who asks for a hundred runs waits behind a learner who asks for one.
 */

/** One thing that waits for its turn. */
export interface Turn {
  id: string;
  learner: string;
  /** Two turns of one key never run together (a kernel runs one cell at a time). */
  key: string;
  /** Whether what it needs is there; a turn that is not ready lets the others pass. */
  ready?(): boolean;
  /** Called when the turn comes; the turn lasts until `done(id)`. */
  start(): void;
  /** Called whenever the number of turns before this one changes. */
  moved(place: number): void;
}

/** How many turns at once: in all, of one learner, and how many of one learner may wait. */
export interface QueueLimits {
  running: number;
  perLearner: number;
  waiting: number;
}

/** A fair queue: round-robin between learners, first come first served within one. */
export class Queue {
  readonly #limits: QueueLimits;
  /** Lines in serving order: the learner served last is at the end. */
  readonly #lines = new Map<string, Turn[]>();
  readonly #running = new Map<string, Turn>();
  readonly #places = new Map<string, number>();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#places.size;
  }

  /** Takes a place; false when this learner has too many already. */
  enter(turn: Turn): boolean {
    const line = this.#lines.get(turn.learner) ?? [];
    if (line.length >= this.#limits.waiting) return false;
    line.push(turn);
    this.#lines.set(turn.learner, line);
    this.serve();
    return true;
  }

  /** Leaves the queue before one's turn; false when it has come already. */
  leave(id: string): boolean {
    for (const [learner, line] of this.#lines) {
      const index = line.findIndex((turn) => turn.id === id);
      if (index < 0) continue;
      line.splice(index, 1);
      if (line.length === 0) this.#lines.delete(learner);
      this.#places.delete(id);
      this.serve();
      return true;
    }
    return false;
  }

  /** Ends a running turn and lets the next ones start. */
  done(id: string): void {
    if (this.#running.delete(id)) this.serve();
  }

  /** Starts every turn that can start; to be called when something else than a turn has made room. */
  serve(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const line = this.#lines.get(next.learner)!;
      line.splice(line.indexOf(next), 1);
      this.#lines.delete(next.learner);
      if (line.length > 0) this.#lines.set(next.learner, line);
      this.#places.delete(next.id);
      this.#running.set(next.id, next);
      next.start();
    }
    this.#tellPlaces();
  }

  #next(): Turn | null {
    if (this.#running.size >= this.#limits.running) return null;
    const busy = new Map<string, number>();
    const keys = new Set<string>();
    for (const turn of this.#running.values()) {
      busy.set(turn.learner, (busy.get(turn.learner) ?? 0) + 1);
      keys.add(turn.key);
    }
    for (const [learner, line] of this.#lines) {
      if ((busy.get(learner) ?? 0) >= this.#limits.perLearner) continue;
      const turn = line.find(
        (waiting, index) => !keys.has(waiting.key) && isFirst(line, index) && (waiting.ready?.() ?? true),
      );
      if (turn !== undefined) return turn;
    }
    return null;
  }

  /** Tells each waiting turn how many will start before it if nobody else comes. */
  #tellPlaces(): void {
    let place = 0;
    const depth = Math.max(0, ...[...this.#lines.values()].map((line) => line.length));
    for (let round = 0; round < depth; round += 1) {
      for (const line of this.#lines.values()) {
        const turn = line[round];
        if (turn === undefined) continue;
        place += 1;
        if (this.#places.get(turn.id) === place) continue;
        this.#places.set(turn.id, place);
        turn.moved(place);
      }
    }
  }
}

/** Whether no earlier turn of the line has the same key. */
function isFirst(line: Turn[], index: number): boolean {
  return line.findIndex((turn) => turn.key === line[index].key) === index;
}
