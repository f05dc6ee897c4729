/** The slots of a launcher: one host uid each, never given again while a process of it lives. */
import { createServer, type Server } from 'node:net';
import { Refusal } from './wire.ts';

/** The first uid of the first range, and how many uids a range has. */
export const firstUid = 20_000;
export const rangeSize = 1000;

/** A range of uids that nobody else on this machine uses while the lock is held. */
export interface Range {
  base: number;
  lock: Server;
}

/** Locks the first free range by listening on an abstract socket, which dies with its holder. */
export async function lockRange(): Promise<Range> {
  for (let number = 0; number < 40; number++) {
    const base = firstUid + number * rangeSize;
    const lock = await tryLock(base);
    if (lock) return { base, lock };
  }
  throw new Error('every range of slot uids is locked by another launcher');
}

/** The lock of one range, or null when another process holds it. */
export function tryLock(base: number): Promise<Server | null> {
  return new Promise((resolve) => {
    // A connection to the lock is of no use to anyone.
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(null));
    server.listen(`\0atelier-redis-range-${base}`, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Numbers of free, used and quarantined slots; a slot goes back only when its box is empty. */
export class Slots {
  readonly #free: number[];
  readonly quarantined = new Set<number>();

  constructor(count = rangeSize, unusable: Iterable<number> = []) {
    for (const slot of unusable) this.quarantined.add(slot);
    this.#free = Array.from({ length: count }, (_, slot) => slot).filter(
      (slot) => !this.quarantined.has(slot),
    );
  }

  /** The slot that has been free for the longest time. */
  take(): number {
    const slot = this.#free.shift();
    if (slot === undefined) throw new Refusal('full', 'no free slot');
    return slot;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }

  quarantine(slot: number): void {
    this.quarantined.add(slot);
  }
}
