/** Lets so many in at a time, in the order they came. */
export interface Turnstile {
  /** Resolves when it is one's turn, with the function that leaves. */
  enter(): Promise<() => void>;
  /** How many wait. */
  readonly waiting: number;
}

/** A turnstile for `places` at a time. */
export function turnstile(places: number): Turnstile {
  const queue: (() => void)[] = [];
  let free = places;
  const leave = () => {
    const next = queue.shift();
    if (next) next();
    else free++;
  };
  const once = () => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    async enter() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => void queue.push(resolve));
      return once();
    },
    get waiting() {
      return queue.length;
    },
  };
}
