import type { Passage } from './command-reader.ts';

interface Parcel {
  dueAt: number;
  bytes: Buffer;
  commands: readonly Passage[];
}

/** Keeps bytes for a while on their way to the client, in order: the added round-trip time. */
export class DelayLine {
  /** Bytes that wait. */
  waiting = 0;
  readonly #deliver: (bytes: Buffer, commands: readonly Passage[]) => void;
  #parcels: Parcel[] = [];
  #timer: NodeJS.Timeout | null = null;
  #turn: NodeJS.Immediate | null = null;

  constructor(deliver: (bytes: Buffer, commands: readonly Passage[]) => void) {
    this.#deliver = deliver;
  }

  /** Delivers these bytes, and the commands they answer, in so many milliseconds or when those before them go. */
  push(bytes: Buffer, commands: readonly Passage[], delayMs: number): void {
    if (delayMs === 0 && this.#parcels.length === 0) {
      this.#deliver(bytes, commands);
      return;
    }
    const last = this.#parcels.at(-1)?.dueAt ?? 0;
    this.#parcels.push({ dueAt: Math.max(last, performance.now() + delayMs), bytes, commands });
    this.waiting += bytes.length;
    if (!this.#waits) this.#wait();
  }

  /** Delivers everything that waits, now. */
  flush(): void {
    this.#stop();
    for (const parcel of this.#parcels.splice(0)) {
      this.waiting -= parcel.bytes.length;
      this.#deliver(parcel.bytes, parcel.commands);
    }
  }

  /** Drops everything that waits, and returns the commands whose replies it was. */
  clear(): Passage[] {
    this.#stop();
    const parcels = this.#parcels.splice(0);
    this.waiting = 0;
    return parcels.flatMap(({ commands }) => commands);
  }

  get #waits(): boolean {
    return this.#timer !== null || this.#turn !== null;
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#turn) clearImmediate(this.#turn);
    this.#timer = null;
    this.#turn = null;
  }

  #wait(): void {
    const left = this.#parcels[0].dueAt - performance.now();
    // Timers count whole milliseconds from a clock read earlier: the last part is waited for by turns of the loop.
    if (left >= 1) this.#timer = setTimeout(() => this.#tick(), Math.floor(left));
    else this.#turn = setImmediate(() => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    this.#turn = null;
    const now = performance.now();
    while (this.#parcels.length > 0 && this.#parcels[0].dueAt <= now) {
      const parcel = this.#parcels.shift()!;
      this.waiting -= parcel.bytes.length;
      this.#deliver(parcel.bytes, parcel.commands);
    }
    if (this.#parcels.length > 0 && !this.#waits) this.#wait();
  }
}
