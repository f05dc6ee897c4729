/**
 * A kernel of Go: each cell is a whole program, compiled in one box and run in another.
 *
 * The compiler's box is the learner's for as long as the kernel lives; a program's box is new for every
 * run and dies with it. An answer to a lab is compiled once, then called like any other (BoxedKernel).
 */
import type { Server } from 'node:net';
import { GoCompiler, type Box, type BoxExit, type Sandbox } from '../../../sandbox/run.ts';
import type { Outcome } from '../protocol.ts';
import { BoxedKernel, LARGEST_CODE, tooLong, tooSlow } from './boxed-kernel.ts';
import type { Cause } from './ending.ts';
import { compilerError } from './go-words.ts';
import type { CallEnd, CellRun, Failure, Kernel, KernelNeeds, LoadEnd, RunFrame } from './kernel.ts';
import { Program } from './program.ts';

/** What the compiler and the linker need for a program that imports much of the standard library; MiB. */
const COMPILER_NEEDS: KernelNeeds = { memory: 1024, disk: 96 };

const REMEMBERED = 8;

/** Answers compiled by a compiler that had seen nothing else, by their source: an attempt loads its own many times. */
const answers = new WeakMap<Sandbox, Map<string, Promise<Built>>>();
const MOST_ANSWERS = 64;

type Built = { binary: string } | Failure;

export class CompiledKernel implements Kernel {
  readonly language = 'go';
  readonly ended: Promise<BoxExit>;
  readonly #sandbox: Sandbox;
  #needs: KernelNeeds;
  readonly #end = Promise.withResolvers<BoxExit>();
  #compiler: GoCompiler;
  #answer: BoxedKernel | null = null;
  #program: Program | null = null;
  #box: Box | null = null;
  #serve: ((listener: Server, port: number) => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  /** Stops the compilation that is under way. */
  #stopCompiler: ((cause: Cause) => void) | null = null;
  #alive = true;
  /** Whether the compiler's box has seen a source, which might have broken into it. */
  #hasCompiled = false;
  /** The programs compiled last, by their source: run again, they start at once. */
  readonly #built = new Map<string, string>();

  private constructor(sandbox: Sandbox, compiler: GoCompiler, needs: KernelNeeds) {
    this.#sandbox = sandbox;
    this.#compiler = compiler;
    this.#needs = needs;
    this.ended = this.#end.promise;
  }

  /** Starts a compiler, ready for a first cell. */
  static async start(sandbox: Sandbox, needs: KernelNeeds): Promise<CompiledKernel> {
    return new CompiledKernel(sandbox, await startCompiler(sandbox, needs.owner), needs);
  }

  get box(): Box | null {
    return this.#box;
  }

  get alive(): boolean {
    return this.#alive && this.#answer?.alive !== false;
  }

  attach(serve: (listener: Server, port: number) => void): void {
    this.#serve.push(serve);
    for (const [port, listener] of this.#box?.listeners ?? []) serve(listener, port);
  }

  run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome> {
    const ending = this.#turn.then(() => this.#run(cell, onFrame));
    this.#turn = ending;
    return ending;
  }

  interrupt(): void {
    this.#stopCompiler?.({ class: 'interrupted' });
    this.#program?.stop({ class: 'interrupted' });
  }

  async load(code: string, name: string, timeoutMs: number): Promise<LoadEnd> {
    try {
      const answer = await this.#startAnswer(code, timeoutMs);
      if (!('box' in answer)) return answer;
      this.#answer = answer;
      this.#open(answer.box);
      void answer.ended.then((exit) => this.#finish(exit));
      if (!this.#alive) await answer.kill();
      return await answer.load('', name, timeoutMs);
    } catch (error) {
      return platform(error);
    }
  }

  call(
    op: string,
    args: unknown[],
    timeoutMs: number,
    onFrame?: (frame: RunFrame) => void,
  ): Promise<CallEnd> {
    if (this.#answer) return this.#answer.call(op, args, timeoutMs, onFrame);
    return Promise.resolve(platform(new Error('nothing is loaded')));
  }

  async give(owner: string): Promise<void> {
    this.#needs = { ...this.#needs, owner };
    await this.#compiler.box.give(owner);
  }

  async kill(): Promise<BoxExit> {
    this.#alive = false;
    this.interrupt();
    const exit = await this.#compiler.box.kill().catch(() => this.#compiler.box.exited);
    const answered = await this.#answer?.kill();
    await this.#turn;
    this.#finish(answered ?? exit);
    return this.ended;
  }

  async #run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome> {
    const end = Date.now() + cell.timeoutMs;
    try {
      const box = await this.#startProgram(cell);
      if (!('control' in box)) return box;
      const program = new Program(cell.id, box, this.#needs.memory, onFrame);
      const timer = setTimeout(() => program.stop(tooSlow(cell.timeoutMs)), Math.max(0, end - Date.now()));
      this.#program = program;
      this.#open(box);
      if (!this.#alive) program.stop({ class: 'interrupted' });
      const outcome = await program.ended;
      clearTimeout(timer);
      return outcome;
    } catch (error) {
      return platform(error);
    } finally {
      this.#program = null;
      this.#box = null;
    }
  }

  /** Starts the program that an answer is compiled to, here or by another kernel before this one. */
  async #startAnswer(code: string, timeoutMs: number): Promise<BoxedKernel | Failure> {
    const start = (binary: string) =>
      BoxedKernel.start(this.#sandbox, { program: 'go', binary, ...this.#needs }, 'go');
    const known = answers.get(this.#sandbox) ?? new Map<string, Promise<Built>>();
    answers.set(this.#sandbox, known);
    const earlier = await known.get(code);
    if (earlier && 'binary' in earlier) {
      const kernel = await start(earlier.binary).catch(() => null);
      if (kernel) return kernel;
    }
    known.delete(code);
    const isFresh = !this.#hasCompiled;
    const building = this.#build('answer', code, timeoutMs);
    if (isFresh) known.set(code, building);
    building.catch(() => known.delete(code));
    const [oldest] = known.keys();
    if (known.size > MOST_ANSWERS) known.delete(oldest);
    const built = await building;
    if ('binary' in built) return start(built.binary);
    known.delete(code);
    return built;
  }

  /** Starts the program that a cell was compiled to, then or earlier. */
  async #startProgram({ code, timeoutMs }: CellRun): Promise<Box | Failure> {
    const job = (binary: string) => ({ program: 'go', binary, ...this.#needs }) as const;
    const earlier = this.#built.get(code);
    if (earlier !== undefined) {
      // The launcher keeps so many programs and no more: this one may be gone.
      const box = await this.#sandbox.start(job(earlier)).catch(() => null);
      if (box) return box;
      this.#built.delete(code);
    }
    const built = await this.#build('program', code, timeoutMs);
    if (!('binary' in built)) return built;
    this.#built.set(code, built.binary);
    const [oldest] = this.#built.keys();
    if (this.#built.size > REMEMBERED) this.#built.delete(oldest);
    return this.#sandbox.start(job(built.binary));
  }

  /** Serves the 6379 of the box that now holds the learner's process. */
  #open(box: Box): void {
    this.#box = box;
    for (const [port, listener] of box.listeners) for (const serve of this.#serve) serve(listener, port);
  }

  async #build(kind: 'program' | 'answer', source: string, timeoutMs: number): Promise<Built> {
    if (source.length > LARGEST_CODE) return tooLong();
    if (this.#compiler.isGone) this.#compiler = await startCompiler(this.#sandbox, this.#needs.owner);
    const { box } = this.#compiler;
    this.#hasCompiled = true;
    let cause: Cause | null = null;
    this.#stopCompiler = (why) => {
      cause ??= why;
      void box.kill().catch(() => undefined);
    };
    const timer = setTimeout(() => this.#stopCompiler?.(tooSlow(timeoutMs)), timeoutMs);
    const compiled = await this.#compiler.compile(kind, source);
    clearTimeout(timer);
    this.#stopCompiler = null;
    if (compiled && 'binary' in compiled)
      return { binary: await this.#sandbox.installBinary(compiled.binary) };
    if (compiled) return { class: 'code-error', error: compilerError(compiled.errors) };
    const exit = await box.exited;
    if (this.#alive) this.#compiler = await startCompiler(this.#sandbox, this.#needs.owner);
    if (cause) return cause;
    const { memory } = COMPILER_NEEDS;
    return exit.reason === 'memory'
      ? { class: 'limit', limit: 'memory', amount: memory, unit: 'MiB' }
      : { class: 'kernel-ended', exit };
  }

  #finish(exit: BoxExit): void {
    this.#alive = false;
    this.#end.resolve(exit);
    void this.#compiler.box.kill().catch(() => undefined);
  }
}

async function startCompiler(sandbox: Sandbox, owner?: string): Promise<GoCompiler> {
  const box = await sandbox.start({ program: 'go-compiler', ...COMPILER_NEEDS, owner });
  const compiler = new GoCompiler(box);
  if (!(await compiler.ready)) throw new Error('the compiler of Go ended before it was ready');
  return compiler;
}

function platform(error: unknown): Failure {
  return { class: 'platform', code: 'go-unavailable', data: { reason: String(error) } };
}
