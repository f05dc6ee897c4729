/**
 * The cells of one learner: each is made a script, run in the realm of the kernel, and ends with one
 * frame. A cell runs inside an inspector's `Runtime.evaluate`, which is only a boundary: it is what
 * survives when the watchdog terminates the execution.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Session } from 'node:inspector';
import vm from 'node:vm';
import type { KernelFrame } from '../../run.ts';
import { toCell } from './cell.ts';
import { BrokenParser, eraseTypes } from './erase-types.ts';
import { failureOf } from './failure.ts';
import { register } from './sources.ts';
import type { Splices } from './splices.ts';
import { take } from './take.ts';
import { clear, trackedTimers, type TimerOwner } from './timers.ts';
import { displayOf, hintOf } from './value.ts';

type Script = (
  ...powers: [
    check: (value: unknown) => unknown,
    importer: (...asked: Parameters<typeof take>) => unknown,
    own: object,
    meta: object,
  ]
) => () => Promise<Ended>;
type Ended = { value: unknown } | undefined;

/** One cell while it runs, and as long as something of it is still running. */
export interface Run extends TimerOwner {
  readonly id: string;
  readonly name: string;
  /** Set by an interruption: its loops end at their next turn. */
  stopped: boolean;
  /** Ends the cell with its only last frame; later ones are dropped. */
  end(frame: KernelFrame): void;
  readonly isEnded: boolean;
}

/** Thrown in the loops of an interrupted cell. */
class Stopped extends Error {}

/** Runs whose timers an interruption still finds. */
const REMEMBERED = 200;
const ENTRANCE = Symbol.for('atelier.cell');
const META = { url: 'file:///tmp/cell.ts', dirname: '/tmp', filename: '/tmp/cell.ts', main: true };
const globals = new Set([...Object.getOwnPropertyNames(globalThis), 'console', 'display', 'undefined']);

export class Notebook {
  readonly #send: (frame: KernelFrame) => void;
  readonly #isInterrupting: () => boolean;
  readonly #current = new AsyncLocalStorage<Run>();
  readonly #runs = new Map<string, Run>();
  readonly #session = new Session();
  readonly #declared = new Set<string>();
  /** What cells name as a global is named: their own Map, and timers that an interruption clears. */
  readonly #own: Record<string, unknown> = trackedTimers(() => this.current);
  #last: Run | undefined;

  /** `isInterrupting` tells that the running cell is to stop, before anything can be received. */
  constructor(send: (frame: KernelFrame) => void, isInterrupting: () => boolean) {
    this.#send = send;
    this.#isInterrupting = isInterrupting;
    this.#session.connect();
  }

  /** The run that the current code belongs to; the last one for code that has lost its way. */
  get current(): Run | undefined {
    return this.#current.getStore() ?? this.#last;
  }

  run(id: string, code: string, name: string): void {
    const run = this.#begin(id, name);
    this.#last = run;
    this.#runs.set(id, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > REMEMBERED) this.#runs.delete(oldest);
    this.#current.run(run, () => {
      try {
        this.#enter(run, code);
      } catch (error) {
        this.fail(run, error);
        // The next cell could not be read either: better a new kernel than one that refuses everything.
        if (error instanceof BrokenParser) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
      }
    });
  }

  /** Stops a run: its promise is abandoned, its timers are cleared, its loops end. */
  interrupt(id: string): void {
    const run = this.#runs.get(id);
    if (!run) return;
    run.stopped = true;
    for (const timer of run.timers) clear(timer);
    run.timers.clear();
    run.end({ type: 'interrupted', id });
  }

  /** Ends a run by an error, or prints the error if the run has ended already. */
  fail(run: Run, thrown: unknown): void {
    if (thrown instanceof Stopped) return;
    const error = failureOf(thrown, run.name);
    if (!run.isEnded) return run.end({ type: 'failed', id: run.id, error });
    const stack = thrown instanceof Error ? String(thrown.stack) : error.message;
    this.#send({ type: 'output', id: run.id, stream: 'stderr', text: `Uncaught ${stack}\n` });
  }

  #begin(id: string, name: string): Run {
    let isEnded = false;
    const end = (frame: KernelFrame) => {
      if (isEnded) return;
      isEnded = true;
      this.#send(frame);
    };
    return {
      id,
      name,
      stopped: false,
      timers: new Set(),
      end,
      get isEnded() {
        return isEnded;
      },
    };
  }

  #enter(run: Run, code: string): void {
    const isOwn = (name: string) => Object.hasOwn(this.#own, name);
    const cell = toCell(eraseTypes(code), { isGlobal: (name) => globals.has(name), isOwn });
    const fresh = cell.declares.filter((name) => !this.#declared.has(name) && !globals.has(name));
    const hoisted = cell.hoisted && this.#script(run.name, cell.hoisted);
    const body = this.#script(run.name, cell.body);
    if (fresh.length > 0) new vm.Script(`let ${fresh.join(',')};`).runInThisContext();
    for (const name of fresh) this.#declared.add(name);
    const powers: Parameters<Script> = [(value) => this.#check(value), take, this.#own, META];
    const start = () => {
      hoisted?.(...powers);
      const ending = body(...powers)();
      ending
        .then((last) => this.#done(run, last, cell.declares, cell.reads))
        .catch((error: unknown) => this.fail(run, error));
    };
    this.#guarded(run, start);
  }

  /** Calls `start` where a terminated execution ends without taking the process along. */
  #guarded(run: Run, start: () => void): void {
    const context = AsyncLocalStorage.snapshot();
    Object.defineProperty(globalThis, ENTRANCE, { value: () => context(start), configurable: true });
    this.#session.post(
      'Runtime.evaluate',
      { expression: `globalThis[Symbol.for('atelier.cell')]()` },
      (error) => {
        if (error) this.interrupt(run.id);
      },
    );
  }

  #script(name: string, splices: Splices): Script {
    const script = new vm.Script(splices.apply(), {
      filename: register(name, splices),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    return script.runInThisContext() as Script;
  }

  #done(run: Run, last: Ended, declares: string[], reads: string[]): void {
    if (run.stopped) return run.end({ type: 'interrupted', id: run.id });
    const value = last?.value;
    const hint = hintOf(value);
    run.end({
      type: 'done',
      id: run.id,
      ...(value === undefined ? {} : { value: displayOf(value) }),
      ...(hint ? { hint } : {}),
      declares,
      reads,
    });
  }

  /** Passes on what an await gave, unless its cell is interrupted: nothing of it goes on after that. */
  #check(value: unknown): unknown {
    const run = this.#current.getStore();
    if (run && run === this.#last && this.#isInterrupting()) run.stopped = true;
    if (run?.stopped) throw new Stopped();
    return value;
  }
}
