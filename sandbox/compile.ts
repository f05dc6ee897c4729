/** The host's end of a compiler's box: a source in, a binary or the compiler's words out. */
import type { Box } from './run.ts';
import { ANSWER, BINARY, ERRORS, message, messages, PROGRAM, READY } from './inside/go/messages.ts';

/** What became of a source: a program, the compiler's words, or nothing because its box ended. */
export type Compiled = { binary: Buffer } | { errors: string } | null;

/** One compiler, for one learner; it takes one source at a time. */
export class GoCompiler {
  readonly box: Box;
  /** Resolves once it can take a source; false when its box ended before. */
  readonly ready: Promise<boolean>;
  /** True once its box has ended. */
  isGone = false;
  #waiting: PromiseWithResolvers<Compiled> | null = null;

  constructor(box: Box) {
    const ready = Promise.withResolvers<boolean>();
    this.box = box;
    this.ready = ready.promise;
    for (const socket of [box.control, box.stdout, box.stderr]) socket.on('error', () => undefined);
    for (const stream of [box.stdout, box.stderr]) stream.resume();
    messages(box.control, (kind, bytes) => {
      if (kind === READY) ready.resolve(true);
      else if (kind === BINARY) this.#waiting?.resolve({ binary: bytes });
      else if (kind === ERRORS) this.#waiting?.resolve({ errors: bytes.toString('utf8') });
    });
    void box.exited.then(() => {
      this.isGone = true;
      ready.resolve(false);
      this.#waiting?.resolve(null);
    });
  }

  /** Compiles a whole program, or an answer to a lab, whose functions become handlers. */
  compile(kind: 'program' | 'answer', source: string): Promise<Compiled> {
    this.#waiting = Promise.withResolvers<Compiled>();
    this.box.control.write(message(kind === 'answer' ? ANSWER : PROGRAM, Buffer.from(source)));
    return this.#waiting.promise;
  }
}
