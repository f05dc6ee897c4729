/** Lets so many in at a time, in the order they came. */
export interface Turnstile {
  /**
   * Resolves when it is one's turn, with the function that leaves. Who waits is told its place (1 is the
   * next) whenever that changes, then 0 when the turn comes.
   */
  enter(moved?: (place: number) => void): Promise<() => void>;
  /** How many wait. */
  readonly waiting: number;
}

/** A turnstile for `places` at a time. */
export function turnstile(places: number): Turnstile {
  const queue: { start: () => void; moved: (place: number) => void }[] = [];
  let free = places;
  const leave = () => {
    const next = queue.shift();
    if (!next) {
      free++;
      return;
    }
    next.moved(0);
    next.start();
    for (const [before, { moved }] of queue.entries()) moved(before + 1);
  };
  const once = () => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    async enter(moved = () => {}) {
      if (free > 0) free--;
      else
        await new Promise<void>((start) => {
          queue.push({ start, moved });
          moved(queue.length);
        });
      return once();
    },
    get waiting() {
      return queue.length;
    },
  };
}
