/**
 * The hold: two processes' commands put in a chosen order, so that a race happens every time.
 *
 * Theory of operation. A schedule is a list of turns. During a turn only its process' commands pass;
 * those of the other wait in their tap. Only commands that name keys are scheduled (a transaction is one
 * command, at its EXEC; a NOSCRIPT reply does not use up a turn); HELLO, CLIENT, INFO, PING, SUBSCRIBE
 * pass. A turn is over when its commands have been executed, or its process has finished, or it cannot
 * go on: it waits in a blocking command, it repeats the same command three times, or 150 ms pass while
 * the other is held. In the last three cases the schedule is *blocked by a lock*, which is what a correct
 * answer may do: the held command is released and the schedule goes on to the next turn. No command is
 * held longer than 200 ms. Two seconds without anything moving is our fault, not the learner's.
 */
import type { Tap } from './tap.ts';

/** `process` (an index in the schedule's taps) may have so many commands executed, or its whole call. */
export interface Turn {
  process: number;
  commands: number | 'call';
}

/** How a schedule went. Times are milliseconds from its start. */
export interface ScheduleResult {
  /** `followed`: every turn took place. `blocked`: a lock kept one side out (never a failure). `stalled`: the platform's fault. */
  outcome: 'followed' | 'blocked' | 'stalled';
  /** Why it was blocked. `time` alone may also be a slow machine: try again. */
  why: 'waits' | 'repeats' | 'time' | null;
  /** Every scheduled command in the order the server executed it, ready for a check's timeline. */
  timeline: { process: number; command: string; reply: string; ms: number; heldMs: number }[];
}

/** A schedule in force. */
export interface Schedule {
  /** Tell it that a process' call has returned: its turns are over. */
  finished(process: number): void;
  /** Lets everything pass and says how it went. Always call it, when both calls have returned. */
  end(): ScheduleResult;
  /** Resolves early when the schedule stalls, so that the caller need not wait for its calls. */
  readonly stalled: Promise<void>;
}

export type { Tap };
