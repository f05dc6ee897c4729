import type { KernelFrame } from '../../../sandbox/run.ts';
import type { Cause } from './ending.ts';
import type { Failure, RunFrame } from './kernel.ts';
import { Said } from './said.ts';

/** A request whose kind of end does not matter to who holds it. */
export type AnyTask = Pick<
  Task<unknown>,
  'id' | 'said' | 'cause' | 'isEnded' | 'answer' | 'fail' | 'show' | 'after'
>;

/** One request to a kernel: it ends once, but what it started may speak for longer. */
export class Task<End> {
  readonly id: string;
  readonly ended: Promise<End | Failure>;
  /** What of its output was shown so far. */
  readonly said = new Said();
  /** Why the host is stopping it, if it is: the first cause wins over whatever the process says. */
  cause: Cause | null = null;
  isEnded = false;
  readonly #read: (frame: KernelFrame) => End | Failure | undefined;
  readonly #show: (frame: RunFrame) => void;
  readonly #resolve: (end: End | Failure) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** `read` makes an end of the frame that is one, and nothing of any other. */
  constructor(
    id: string,
    read: (frame: KernelFrame) => End | Failure | undefined,
    show: (frame: RunFrame) => void = () => undefined,
  ) {
    const { promise, resolve } = Promise.withResolvers<End | Failure>();
    this.id = id;
    this.ended = promise;
    this.#read = read;
    this.#show = show;
    this.#resolve = resolve;
  }

  /** Ends by a frame; false when the frame does not answer this request, or comes a second time. */
  answer(frame: KernelFrame): boolean {
    const end = this.isEnded ? undefined : this.#read(frame);
    if (end === undefined) return false;
    this.#end(this.cause ?? end);
    return true;
  }

  /** Ends without an answer. */
  fail(failure: Failure): void {
    if (!this.isEnded) this.#end(failure);
  }

  /** Shows a frame, unless the run has said too much. */
  show(frame: RunFrame, length: number): void {
    const shown = this.said.take(frame, length);
    if (shown) this.#show(shown);
  }

  /** Calls back after so many milliseconds, unless the request has ended by then. */
  after(milliseconds: number, act: () => void): void {
    if (!this.isEnded) this.#timers.add(setTimeout(act, milliseconds));
  }

  #end(end: End | Failure): void {
    this.isEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#resolve(end);
  }
}
