/**
 * The hold: two processes' commands put in a chosen order, so that a race happens every time.
 *
 * Theory of operation. A schedule is a list of turns. During a turn only its process' commands pass;
 * those of the other wait in their tap. Only commands that name keys are scheduled (a transaction is one
 * command, at its EXEC; a NOSCRIPT reply does not use up a turn); HELLO, CLIENT, INFO, PING, SUBSCRIBE
 * pass. A turn is over when its commands have been executed, or its process has finished, or it cannot
 * go on: it waits in a blocking command, it repeats itself three times (the same
 * commands with the same replies), or 150 ms pass while
 * the other is held. In the last three cases the schedule is *blocked by a lock*, which is what a correct
 * answer may do: the held command is released and the schedule goes on to the next turn. No command is
 * held longer than 200 ms. Two seconds without anything moving is our fault, not the learner's.
 */
import type { Command } from './command.ts';
import type { Gate, Observer, Tap } from './tap.ts';
import { describe } from './trace.ts';

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

/** How long a turn may keep another process waiting, and how long one command may wait in all. */
const turnPatience = 150;
const longestHold = 200;
/** A blocking command that has no reply by then waits for somebody. */
const blockingPatience = 20;
const stallPatience = 2000;
const repeats = 3;
const mostSteps = 500;

interface Held {
  process: number;
  command: Command;
  release: () => void;
  since: number;
  timer: NodeJS.Timeout;
}

/** Puts a schedule in force on the taps of two processes or more; `end()` it when their calls have returned. */
export class Schedule {
  /** Resolves when nothing has moved for two seconds, so that the caller need not wait for its calls. */
  readonly stalled: Promise<void>;
  readonly #taps: readonly Tap[];
  readonly #turns: Turn[];
  readonly #startedAt = performance.now();
  readonly #stops: (() => void)[] = [];
  readonly #finished = new Set<number>();
  readonly #heldMs = new Map<Command, number>();
  readonly #timeline: ScheduleResult['timeline'] = [];
  #held: Held[] = [];
  /** Commands that were let through in this turn, and those of them that were executed. */
  #admitted = 0;
  #executed = 0;
  #steps: string[] = [];
  #turnTimer: NodeJS.Timeout | null = null;
  #blockTimer: NodeJS.Timeout | null = null;
  #stallTimer: NodeJS.Timeout;
  #stall: () => void;
  #result: ScheduleResult | null = null;
  #why: ScheduleResult['why'] = null;
  #stalledFlag = false;

  constructor(taps: readonly Tap[], turns: readonly Turn[]) {
    this.#taps = taps;
    this.#turns = [...turns];
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stalled = promise;
    this.#stall = resolve;
    this.#stallTimer = setTimeout(() => this.#stalls(), stallPatience);
    for (const [process, tap] of taps.entries()) {
      tap.gate = this.#gate(process);
      this.#stops.push(tap.observe(this.#observer(process)));
    }
  }

  /** Tells it that a process' call has returned: its turns are over. */
  finished(process: number): void {
    this.#finished.add(process);
    this.#moved();
    this.#settle();
  }

  /** Lets everything pass and says how it went. */
  end(): ScheduleResult {
    if (this.#result) return this.#result;
    clearTimeout(this.#stallTimer);
    const outcome = this.#stalledFlag ? 'stalled' : this.#why === null ? 'followed' : 'blocked';
    this.#result = { outcome, why: this.#why, timeline: this.#timeline };
    this.#turns.length = 0;
    this.#stopTurn();
    for (const tap of this.#taps) tap.gate = null;
    for (const stop of this.#stops) stop();
    for (const held of this.#held.splice(0)) this.#release(held);
    return this.#result;
  }

  #gate(process: number): Gate {
    return {
      admit: (command, release) => {
        if (!scheduled(command)) return true;
        this.#moved();
        this.#settle();
        if (this.#free(process)) {
          this.#begins(command);
          return true;
        }
        const since = performance.now();
        // Whatever the turns say, nobody waits here longer than this.
        const timer = setTimeout(() => {
          while (!this.#free(process)) this.#block('time');
        }, longestHold);
        this.#held.push({ process, command, release, since, timer });
        this.#turnTimer ??= setTimeout(() => this.#block('time'), turnPatience);
        return false;
      },
    };
  }

  #observer(process: number): Observer {
    return {
      executed: (command) => {
        if (!scheduled(command)) return;
        this.#moved();
        this.#note(process, command);
        const turn = this.#turns[0];
        if (!turn || turn.process !== process) return;
        if (this.#blockTimer) clearTimeout(this.#blockTimer);
        this.#blockTimer = null;
        if (command.reply?.code === 'NOSCRIPT') {
          this.#admitted--;
          this.#settle();
          return;
        }
        this.#executed++;
        this.#settle();
        if (this.#turns[0] === turn && this.#repeats(command)) this.#block('repeats');
      },
    };
  }

  /** Whether a process' commands pass at present. */
  #free(process: number): boolean {
    const turn = this.#turns[0];
    if (turn === undefined) return true;
    // The commands of a pipeline come together; a turn takes no more of them than it has.
    return turn.process === process && (turn.commands === 'call' || this.#admitted < turn.commands);
  }

  /** A command of the present turn goes to the server. */
  #begins(command: Command): void {
    this.#admitted++;
    if (this.#turns.length === 0 || !command.spec?.flags.has('blocking')) return;
    this.#blockTimer ??= setTimeout(() => this.#block('waits'), blockingPatience);
  }

  /** The process of this turn cannot go on: the turn is given up, and so is its order. */
  #block(why: 'waits' | 'repeats' | 'time'): void {
    if (this.#turns.length === 0) return;
    this.#why ??= why;
    const { process } = this.#turns[0];
    while (this.#turns[0]?.process === process) this.#next();
    this.#settle();
  }

  #next(): void {
    this.#turns.shift();
    this.#admitted = 0;
    this.#executed = 0;
    this.#steps = [];
    this.#stopTurn();
  }

  #stopTurn(): void {
    if (this.#turnTimer) clearTimeout(this.#turnTimer);
    if (this.#blockTimer) clearTimeout(this.#blockTimer);
    this.#turnTimer = null;
    this.#blockTimer = null;
  }

  /** Passes over the turns that are over, and releases who may go. */
  #settle(): void {
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      const done = typeof turn.commands === 'number' && this.#executed >= turn.commands;
      if (!done && !this.#finished.has(turn.process)) break;
      this.#next();
    }
    for (let next = this.#nextHeld(); next; next = this.#nextHeld()) {
      this.#held = this.#held.filter((held) => held !== next);
      this.#begins(next.command);
      this.#release(next);
    }
    if (this.#held.length > 0) this.#turnTimer ??= setTimeout(() => this.#block('time'), turnPatience);
  }

  #nextHeld(): Held | undefined {
    return this.#held.find(({ process }) => this.#free(process));
  }

  #release({ command, release, since, timer }: Held): void {
    clearTimeout(timer);
    this.#heldMs.set(command, performance.now() - since);
    release();
  }

  /** Whether the last one, two or three commands of this turn, replies included, have come three times over. */
  #repeats(command: Command): boolean {
    this.#steps.push(`${describe(command)} → ${command.reply?.text ?? ''}`);
    const steps = this.#steps;
    return [1, 2, 3].some((length) => {
      const seen = steps.slice(-length * repeats);
      return seen.length === length * repeats && seen.every((step, place) => step === seen[place % length]);
    });
  }

  #note(process: number, command: Command): void {
    if (this.#timeline.length >= mostSteps) return;
    const ms = Math.round((performance.now() - this.#startedAt) * 100) / 100;
    const heldMs = Math.round(this.#heldMs.get(command) ?? 0);
    this.#timeline.push({
      process,
      command: describe(command),
      reply: command.reply?.text ?? '',
      ms,
      heldMs,
    });
  }

  #moved(): void {
    if (!this.#result) this.#stallTimer.refresh();
  }

  #stalls(): void {
    if (this.#turns.length === 0) return;
    this.#stalledFlag = true;
    this.end();
    this.#stall();
  }
}

/** A transaction is one command, at its EXEC. */
function scheduled(command: Command): boolean {
  if (command.transaction) return command.transaction.length > 0;
  return !command.queued && command.keys.length > 0;
}
