type Timer = NodeJS.Timeout | NodeJS.Immediate;

/** What the timers of a run are kept in. */
export interface TimerOwner {
  readonly timers: Set<Timer>;
  readonly stopped: boolean;
}

/**
 * Timers that belong to the run which starts them, so that an interruption can clear them. Only cells
 * see these: the timers by which a client reconnects are not the cell's to lose.
 */
export function trackedTimers(owner: () => TimerOwner | undefined): Record<string, unknown> {
  const starting = (start: (callback: () => void, ...rest: unknown[]) => Timer, once: boolean) => {
    const tracked = (callback: (...values: unknown[]) => void, delay?: unknown, ...values: unknown[]) => {
      const run = owner();
      const timer = start(() => {
        if (once) run?.timers.delete(timer);
        callback(...values);
      }, delay);
      if (run?.stopped) clear(timer);
      else run?.timers.add(timer);
      return timer;
    };
    return Object.defineProperties(tracked, Object.getOwnPropertyDescriptors(start));
  };
  const clearing = (timer: Timer | undefined) => {
    if (timer) owner()?.timers.delete(timer);
    clear(timer);
  };
  const immediate = starting((callback) => setImmediate(callback), true) as (
    callback: unknown,
    delay?: unknown,
    ...values: unknown[]
  ) => Timer;
  return {
    setTimeout: starting(setTimeout as never, true),
    setInterval: starting(setInterval as never, false),
    setImmediate: Object.defineProperties(
      (callback: unknown, ...values: unknown[]) => immediate(callback, undefined, ...values),
      Object.getOwnPropertyDescriptors(setImmediate),
    ),
    clearTimeout: clearing,
    clearInterval: clearing,
    clearImmediate: clearing,
  };
}

/** Clears a timer of any kind. */
export function clear(timer: Timer | undefined): void {
  clearTimeout(timer as NodeJS.Timeout);
  clearImmediate(timer as NodeJS.Immediate);
}
