import type { Moment } from '../../../labs/kit.ts';
import type { Command } from '../tap/command.ts';
import type { Tap } from '../tap/tap.ts';
import { describe } from '../tap/trace.ts';

/** A process held after some of its commands while the checker acts; unlike a schedule, it waits as long as the act takes. */
export interface Interruption {
  /** Resolves when a command waits; never, when the process sends no more than `count`. */
  readonly held: Promise<void>;
  /** Lets the process go on. */
  release(): void;
  /** Stops watching, and tells which of its commands were executed, in order. */
  end(): Moment[];
}

/**
 * Holds a process before whatever comes after its first `count` commands. Commands are counted as they
 * leave, so that those of a pipeline, which leave together, are parted too; one that is answered
 * NOSCRIPT gives its place back to the EVAL that follows.
 */
export function interrupt(tap: Tap, count: number): Interruption {
  const began = performance.now();
  const moments: Moment[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting: (() => void)[] = [];
  const waited = new Set<Command>();
  /** What has come since the beginning: the reply to an earlier command counts for nothing. */
  const seen = new WeakSet<Command>();
  let left = count;
  let executed = 0;
  tap.gate = {
    admit(command, release) {
      if (!isScheduled(command)) return true;
      seen.add(command);
      if (left-- > 0) return true;
      waited.add(command);
      waiting.push(release);
      if (executed === count) resolve();
      return false;
    },
  };
  const stop = tap.observe({
    executed(command) {
      if (!seen.has(command)) return;
      moments.push({
        process: 'A',
        command: describe(command),
        reply: command.reply?.text ?? '',
        ms: Math.round((performance.now() - began) * 10) / 10,
        ...(waited.has(command) && { held: true }),
      });
      if (command.reply?.code === 'NOSCRIPT') {
        const next = waiting.shift();
        if (next) next();
        else left++;
      } else if (++executed === count && waiting.length > 0) resolve();
    },
  });
  const release = () => {
    tap.gate = null;
    for (const go of waiting.splice(0)) go();
  };
  return {
    held: promise,
    release,
    end() {
      release();
      stop();
      return moments;
    },
  };
}

/** Whether a command counts in the order of a race, as in hold.ts: a transaction is one command, at its EXEC. */
function isScheduled(command: Command): boolean {
  return command.transaction ? command.transaction.length > 0 : !command.queued && command.keys.length > 0;
}
