/**
 * A kernel that is one box: TypeScript and Python cells, and the answer to a lab.
 *
 * Theory of operation. The host writes requests and reads frames; each request ends once, by the first
 * of: its last frame, a limit, an interruption, the end of the process. Time is kept here: a run that
 * lasts too long is interrupted, and killed when that does not help. Every frame is the word of a
 * learner's process: a run that says too much is killed, and so is an answer to a lab that says
 * something it was not asked.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Box, BoxExit, Job, KernelFrame, KernelRequest, Sandbox } from '../../../sandbox/run.ts';
import type { Language, Outcome } from '../protocol.ts';
import { endedBy, forged, type Cause } from './ending.ts';
import { readFrames } from './frames.ts';
import type { CallEnd, CellRun, Failure, Kernel, LoadEnd, RunFrame } from './kernel.ts';
import { ALLOWED } from './said.ts';
import { Task, type AnyTask } from './task.ts';

/** The longest code a kernel takes, and the longest arguments of a call; characters. */
export const LARGEST_CODE = 256 * 1024;
/** How long an interruption may take before the process is killed. */
const PATIENCE_MS = 2000;
const START_MS = 30_000;
const LAST_WORDS_MS = 500;
/** Runs whose late output still finds its way. */
const REMEMBERED = 100;
/** The id of whatever answers a `load`. */
const LOAD = 'load';

export class BoxedKernel implements Kernel {
  readonly language: Language;
  readonly box: Box;
  readonly ended: Promise<BoxExit>;
  readonly #memory: number;
  readonly #tasks = new Map<string, AnyTask>();
  readonly #ready = Promise.withResolvers<void>();
  #last: AnyTask | undefined;
  #running: AnyTask | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isAnswer = false;
  #cause: Cause | null = null;
  #exit: BoxExit | null = null;
  #lastWords = '';

  private constructor(language: Language, box: Box, memory: number) {
    this.language = language;
    this.box = box;
    this.#memory = memory;
    readFrames(box.control, (frame, length) => this.#receive(frame, length));
    for (const stream of ['stdout', 'stderr'] as const) {
      box[stream].setEncoding('utf8').on('data', (text: string) => this.#overhear(stream, text));
    }
    for (const socket of [box.control, box.stdout, box.stderr]) socket.on('error', () => undefined);
    this.ended = this.#watch();
  }

  /** Starts a box and waits until its kernel is ready for a first request. */
  static async start(sandbox: Sandbox, job: Job, language: Language): Promise<BoxedKernel> {
    const kernel = new BoxedKernel(language, await sandbox.start(job), job.memory);
    const timer = setTimeout(() => void kernel.kill(), START_MS);
    try {
      await kernel.#ready.promise;
      return kernel;
    } finally {
      clearTimeout(timer);
    }
  }

  get alive(): boolean {
    return this.#exit === null && this.#cause === null;
  }

  attach(serve: (listener: Server, port: number) => void): void {
    for (const [port, listener] of this.box.listeners) serve(listener, port);
  }

  run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome> {
    const ending = this.#turn.then(() => this.#run(cell, onFrame));
    this.#turn = ending;
    return ending;
  }

  interrupt(): void {
    const id = this.#running?.id ?? this.#last?.id;
    if (id === undefined || !this.alive) return;
    this.#write({ type: 'interrupt', id });
    const running = this.#running;
    if (!running) return;
    running.after(PATIENCE_MS, () => this.#stop(running.cause ?? { class: 'interrupted' }));
  }

  load(code: string, name: string, timeoutMs: number): Promise<LoadEnd> {
    this.#isAnswer = true;
    if (code.length > LARGEST_CODE) return Promise.resolve(tooLong());
    return this.#ask(new Task(LOAD, loadEnd), { type: 'load', code, name }, timeoutMs);
  }

  call(
    op: string,
    args: unknown[],
    timeoutMs: number,
    onFrame?: (frame: RunFrame) => void,
  ): Promise<CallEnd> {
    this.#isAnswer = true;
    const id = randomUUID();
    const sentAt = performance.now();
    const task = new Task(id, (frame) => callEnd(frame, performance.now() - sentAt), onFrame);
    return this.#ask(task, { type: 'call', id, op, args }, timeoutMs);
  }

  give(owner: string): Promise<void> {
    return this.box.give(owner);
  }

  async kill(): Promise<BoxExit> {
    if (!this.#exit) await this.box.kill().catch(() => undefined);
    return this.ended;
  }

  async #run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome> {
    const { id, code, name, timeoutMs } = cell;
    if (code.length > LARGEST_CODE) return tooLong();
    const task = new Task(id, runEnd, onFrame);
    this.#running = task;
    task.after(timeoutMs, () => {
      task.cause ??= tooSlow(timeoutMs);
      this.interrupt();
    });
    const outcome = await this.#ask(task, { type: 'run', id, code, name });
    this.#running = undefined;
    return outcome;
  }

  /** Sends a request and waits for its end; past `timeoutMs` the process is killed. */
  #ask<End>(task: Task<End>, request: KernelRequest, timeoutMs?: number): Promise<End | Failure> {
    this.#tasks.set(task.id, task);
    this.#last = task;
    const [oldest] = this.#tasks.values();
    if (this.#tasks.size > REMEMBERED && oldest.isEnded) this.#tasks.delete(oldest.id);
    if (timeoutMs !== undefined) task.after(timeoutMs, () => this.#stop(tooSlow(timeoutMs)));
    if (this.#exit) task.fail(this.#endedBy(this.#exit));
    else this.#write(request);
    return task.ended;
  }

  #write(request: KernelRequest): void {
    if (this.box.control.writable) this.box.control.write(`${JSON.stringify(request)}\n`);
  }

  #receive(frame: KernelFrame | null, length: number): void {
    if (!frame) return this.#stop(forged());
    if (frame.type === 'ready') return this.#ready.resolve();
    const task = this.#tasks.get(frame.type === 'loaded' ? LOAD : frame.id);
    if (frame.type === 'output' || frame.type === 'display') return this.#show(task, frame, length);
    if (task?.answer(frame)) {
      if (frame.type === 'done') task.show(frame, length);
    } else if (this.#isAnswer) this.#stop(forged());
  }

  /** Text that came by the process's own descriptors instead of its console. */
  #overhear(stream: 'stdout' | 'stderr', text: string): void {
    if (stream === 'stderr') this.#lastWords = (this.#lastWords + text).slice(-8000);
    if (!this.#last || isEnginesDump(text)) return;
    this.#show(this.#last, { type: 'output', id: this.#last.id, stream, text }, text.length);
  }

  #show(task: AnyTask | undefined, frame: RunFrame, length: number): void {
    const speaker = task ?? this.#last;
    if (!speaker) return;
    speaker.show(frame, length);
    if (speaker.said.isTooMuch)
      this.#stop({ class: 'limit', limit: 'output', amount: ALLOWED / 1024, unit: 'KiB' });
  }

  /** Kills the process; `cause` is what every open request ends with. */
  #stop(cause: Cause): void {
    if (!this.alive) return;
    this.#cause = cause;
    void this.kill();
  }

  async #watch(): Promise<BoxExit> {
    const { box } = this;
    const closed = Promise.all([box.control, box.stdout, box.stderr].map(lastWords));
    const exit = await box.exited;
    // Its last words may still be on their way.
    await Promise.race([closed, delay(LAST_WORDS_MS)]);
    this.#exit = exit;
    this.#ready.reject(
      new Error(`the kernel ended before it was ready: ${exit.reason} ${this.#lastWords}`.trim()),
    );
    for (const task of this.#tasks.values()) task.fail(this.#endedBy(exit));
    return exit;
  }

  #endedBy(exit: BoxExit): Failure {
    return this.#cause ?? endedBy(exit, this.#memory, this.#lastWords);
  }
}

/** Resolves once everything that a box wrote there has been read. */
export async function lastWords(stream: Socket): Promise<void> {
  // A box that is killed may reset its streams: that ends them as well.
  await once(stream, 'end').catch(() => undefined);
}

/** The outcome of code that is not even sent. */
export function tooLong(): Failure {
  return { class: 'limit', limit: 'code', amount: LARGEST_CODE / 1024, unit: 'KiB' };
}

/** The outcome of what lasts longer than it may; milliseconds. */
export function tooSlow(amount: number): Cause {
  return { class: 'limit', limit: 'time', amount, unit: 'ms' };
}

/** V8's report of its own death is for those who maintain V8. */
function isEnginesDump(text: string): boolean {
  return /^\s*<--- Last few GCs|^\s*#\s*\n# Fatal|FATAL ERROR:|----- Native stack trace -----/.test(text);
}

function runEnd(frame: KernelFrame): Outcome | undefined {
  if (frame.type === 'failed') return { class: 'code-error', error: frame.error };
  if (frame.type === 'interrupted') return { class: 'interrupted' };
  if (frame.type !== 'done') return undefined;
  const { value, hint } = frame;
  return { class: 'done', ...(value && { value }), ...(hint && { hint }) };
}

function loadEnd(frame: KernelFrame): LoadEnd | undefined {
  if (frame.type === 'threw') return { class: 'code-error', error: frame.error };
  return frame.type === 'loaded' ? { class: 'loaded', handlers: frame.handlers } : undefined;
}

function callEnd(frame: KernelFrame, durationMs: number): CallEnd | undefined {
  if (frame.type === 'threw') return { class: 'code-error', error: frame.error };
  return frame.type === 'result' ? { class: 'result', value: frame.value ?? null, durationMs } : undefined;
}
