/**
 * One process of an answer: the learner's module in a single-use box, called as handlers.
 *
 * Theory of operation. Nothing that tells one lab, phase or side from another enters the box: it gets
 * the answer's text under one fixed name, then calls with random ids. Every reply is a claim: the
 * kernel's wrapper ends the process on a frame it did not ask for, the form of the value is looked at
 * here, and a command that still travels, or leaves, when nothing is being called is noted. What goes
 * wrong is either the handler's own error (`HandlerThrew`, which a check may expect), or the end of the
 * attempt (`AttemptEnded`), or the consequence of our own kill (`ProcessGone`).
 */
import type { CodeError } from '../protocol.ts';
import type { Language, Shape } from '../../../labs/kit.ts';
import type { Failure as KernelFailure, Kernel, KernelNeeds, KernelSource } from '../kernel/kernel.ts';
import type { Command } from '../tap/command.ts';
import type { Tap } from '../tap/tap.ts';
import { mismatch } from './shape.ts';
import { turnstile } from './turnstile.ts';
import type { Ending } from './verdict.ts';
import { Failure } from '../../../labs/kit.ts';

/** The name under which stack traces know the answer. */
export const ANSWER = 'réponse';

/** What a process is made from. */
export interface ProcessNeeds {
  kernels: KernelSource;
  /** Connected taps, by port. */
  openTaps(): Map<number, Tap>;
  language: Language;
  code: string;
  handlers: readonly string[];
  replies: Readonly<Record<string, Shape>>;
  box: KernelNeeds;
  concurrency: number;
  callTimeoutMs: number;
  /** Told when a call ends the attempt, even if a check swallows the error. */
  ended(ending: Ending): void;
}

/** One call that came back: the value, whose form was looked at, and the host's time. */
export interface Answered {
  value: unknown;
  durationMs: number;
}

/** A running answer. */
export interface AnswerProcess {
  /** The way to Redis; of a topology, to its first node. */
  readonly tap: Tap;
  /** All the ways. */
  readonly taps: readonly Tap[];
  readonly kernel: Kernel;
  /** Whether a call waits for its reply. */
  readonly busy: boolean;
  call(op: string, args: unknown[]): Promise<Answered>;
  /** Commands that were on the wire while nothing was called, since the last time this was asked. */
  takeUnfinished(): string[];
  kill(): Promise<void>;
}

/** The learner's handler threw. */
export class HandlerThrew extends Failure {
  readonly error: CodeError;

  constructor(op: string, error: CodeError) {
    super('handler-threw', { op, name: error.name, message: error.message, line: error.line ?? 0 });
    this.error = error;
  }
}

/** The attempt cannot go on. */
export class AttemptEnded extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`${ending.class}: ${ending.code}`);
    this.name = 'AttemptEnded';
    this.ending = ending;
  }
}

/** The call was cut short by our own kill. */
export class ProcessGone extends Error {
  constructor() {
    super('the process was killed by the checker');
    this.name = 'ProcessGone';
  }
}

/** Go is compiled first, by a machine that may be busy. */
const LOAD_TIMEOUT_MS: Record<Language, number> = { typescript: 5000, python: 5000, go: 30_000 };

/** Starts a process of the answer; rejects with `AttemptEnded` when it cannot be loaded. */
export async function startProcess(needs: ProcessNeeds): Promise<AnswerProcess> {
  const kernel = await needs.kernels.claim(needs.language, needs.box);
  const ways = needs.openTaps();
  const taps = [...ways.values()];
  kernel.attach((listener, port) => ways.get(port)?.serve(listener));

  const turns = turnstile(needs.concurrency);
  const unfinished: string[] = [];
  let calling = 0;
  let killed = false;
  for (const tap of taps) {
    tap.observe({
      arrived: (command) => {
        if (calling === 0 && touchesData(command)) unfinished.push(command.name);
      },
    });
  }

  const kill = async () => {
    killed = true;
    await kernel.kill();
    for (const tap of taps) tap.close();
  };

  const loaded = await kernel.load(needs.code, ANSWER, LOAD_TIMEOUT_MS[needs.language]);
  if (loaded.class !== 'loaded') {
    await kill();
    throw new AttemptEnded(endingOf(loaded, 'load-failed'));
  }
  const missing = needs.handlers.find((handler) => !loaded.handlers.includes(handler));
  if (missing !== undefined) {
    await kill();
    throw new AttemptEnded({ class: 'code-error', code: 'handler-missing', data: { handler: missing } });
  }
  unfinished.length = 0;

  return {
    tap: taps[0],
    taps,
    kernel,
    get busy() {
      return calling > 0;
    },
    async call(op, args) {
      const leave = await turns.enter();
      calling++;
      try {
        if (killed) throw new ProcessGone();
        const end = await kernel.call(op, args, needs.callTimeoutMs);
        if (killed) throw new ProcessGone();
        if (end.class === 'result') {
          if (calling === 1 && taps.some(({ outstanding }) => outstanding > 0)) unfinished.push('…');
          const wrong = mismatch(end.value, needs.replies[op] ?? 'anything');
          if (wrong) throw new Failure('reply-shape', { op, ...wrong });
          return { value: end.value, durationMs: end.durationMs };
        }
        if (end.class === 'code-error' && kernel.alive) throw new HandlerThrew(op, end.error);
        const ending = endingOf(end, 'process-ended');
        needs.ended(ending);
        throw new AttemptEnded(ending);
      } finally {
        calling--;
        leave();
      }
    },
    takeUnfinished: () => unfinished.splice(0),
    kill,
  };
}

/** Whether a command is the answer's work rather than its client's housekeeping. */
function touchesData(command: Command): boolean {
  return command.keys.length > 0 || /^(EVAL|EVALSHA|FCALL|EXEC|PUBLISH)/.test(command.name);
}

/** Whose fault the end of a process is. */
export function endingOf(failure: KernelFailure, code: string): Ending {
  if (failure.class === 'code-error') {
    if (failure.error.code === 'FORGED_FRAME')
      return { class: 'code-error', code: 'unasked-reply', data: {} };
    const { name, message, line, column } = failure.error;
    const place = { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
    return {
      class: 'code-error',
      code,
      data: { name, message, line: line ?? 0 },
      error: { name, message, ...place },
    };
  }
  if (failure.class === 'limit') {
    const { limit, amount, unit } = failure;
    return {
      class: 'limit',
      code: `attempt-${limit}`,
      data: { amount: unit === 'ms' ? amount / 1000 : amount },
    };
  }
  if (failure.class === 'kernel-ended') {
    if (failure.exit.reason === 'memory') return { class: 'limit', code: 'attempt-memory', data: {} };
    // Nobody but us kills a box from outside.
    if (failure.exit.reason === 'killed') return { class: 'platform', code: 'interrupted', data: {} };
    return { class: 'code-error', code: 'process-ended', data: {} };
  }
  if (failure.class === 'platform') return { class: 'platform', code: failure.code, data: failure.data };
  return { class: 'platform', code: 'interrupted', data: {} };
}
