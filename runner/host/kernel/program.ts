/** One run of a whole program in a box of its own: what it writes is the output, how it exits the outcome. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Box, BoxExit } from '../../../sandbox/run.ts';
import type { Outcome } from '../protocol.ts';
import { lastWords } from './boxed-kernel.ts';
import { endedBy, type Cause } from './ending.ts';
import { exitError, reportStart } from './go-words.ts';
import type { RunFrame } from './kernel.ts';
import { ALLOWED, Said } from './said.ts';

const LAST_WORDS_MS = 500;

/** A program while it runs. */
export class Program {
  readonly box: Box;
  readonly ended: Promise<Outcome>;
  readonly #memory: number;
  readonly #show: (frame: RunFrame) => void;
  readonly #id: string;
  readonly #said = new Said();
  #report = '';
  #cause: Cause | null = null;

  constructor(id: string, box: Box, memory: number, show: (frame: RunFrame) => void) {
    this.#id = id;
    this.box = box;
    this.#memory = memory;
    this.#show = show;
    box.stdout.setEncoding('utf8').on('data', (text: string) => this.#say('stdout', text));
    box.stderr.setEncoding('utf8').on('data', (text: string) => this.#complain(text));
    // Nothing is spoken with a program; what it writes here is thrown away, or it would wait for ever.
    box.control.resume();
    for (const socket of [box.control, box.stdout, box.stderr]) socket.on('error', () => undefined);
    this.ended = this.#watch();
  }

  /** Kills the program; `cause` is how its run ends. */
  stop(cause: Cause): void {
    this.#cause ??= cause;
    void this.box.kill().catch(() => undefined);
  }

  #say(stream: 'stdout' | 'stderr', text: string): void {
    if (!text) return;
    const shown = this.#said.take({ type: 'output', id: this.#id, stream, text }, text.length);
    if (shown) this.#show(shown);
    if (this.#said.isTooMuch)
      this.stop({ class: 'limit', limit: 'output', amount: ALLOWED / 1024, unit: 'KiB' });
  }

  /** Keeps back the runtime's report of a panic, which becomes the error of the run. */
  #complain(text: string): void {
    const start = this.#report ? 0 : reportStart(text);
    if (start < 0) return this.#say('stderr', text);
    this.#say('stderr', text.slice(0, start));
    this.#report = (this.#report + text.slice(start)).slice(0, 64 * 1024);
  }

  async #watch(): Promise<Outcome> {
    const { box } = this;
    const closed = Promise.all([box.stdout, box.stderr].map(lastWords));
    const exit = await box.exited;
    await Promise.race([closed, delay(LAST_WORDS_MS)]);
    return this.#cause ?? this.#outcome(exit);
  }

  #outcome(exit: BoxExit): Outcome {
    const ended = endedBy(exit, this.#memory, this.#report);
    if (ended.class !== 'kernel-ended' || exit.reason === 'killed') return ended;
    if (exit.code === 0) return { class: 'done' };
    return { class: 'code-error', error: exitError(this.#report, exit.code, exit.signal) };
  }
}
