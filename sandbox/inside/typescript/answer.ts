import { AsyncLocalStorage } from 'node:async_hooks';
import { writeFileSync } from 'node:fs';
import type { KernelFrame } from '../../run.ts';
import { eraseTypes } from './erase-types.ts';
import { failureOf } from './failure.ts';
import { parseProgram } from './program.ts';
import { registerFile } from './sources.ts';

/** The id that answers a `load` which threw. */
export const LOAD = 'load';

const FILE = '/tmp/answer.ts';
const LARGEST = 256 * 1024;

type Handler = (...args: unknown[]) => unknown;

/** A learner's answer to a lab: a module whose exports are called by name. */
export class Answer {
  readonly #send: (frame: KernelFrame) => void;
  readonly #current = new AsyncLocalStorage<string>();
  #handlers: Record<string, unknown> = {};
  #name = FILE;

  constructor(send: (frame: KernelFrame) => void) {
    this.#send = send;
  }

  /** The call that the current code belongs to. */
  get current(): string | undefined {
    return this.#current.getStore();
  }

  async load(code: string, name: string): Promise<void> {
    this.#name = name;
    registerFile(name, `file://${FILE}`);
    await this.#current.run(LOAD, async () => {
      try {
        // The module loader would not say where a syntax error is.
        parseProgram(eraseTypes(code));
        writeFileSync(FILE, code);
        this.#handlers = (await import(`file://${FILE}`)) as Record<string, unknown>;
        const handlers = Object.keys(this.#handlers).filter(
          (key) => typeof this.#handlers[key] === 'function',
        );
        this.#send({ type: 'loaded', handlers });
      } catch (error) {
        this.fail(LOAD, error);
      }
    });
  }

  async call(id: string, op: string, args: unknown[]): Promise<void> {
    await this.#current.run(id, async () => {
      try {
        const handler = Object.hasOwn(this.#handlers, op) ? this.#handlers[op] : undefined;
        if (typeof handler !== 'function') throw new TypeError(`${op} is not an exported function`);
        this.#reply(id, await (handler as Handler)(...args));
      } catch (error) {
        this.fail(id, error);
      }
    });
  }

  fail(id: string, thrown: unknown): void {
    this.#send({ type: 'threw', id, error: failureOf(thrown, this.#name) });
  }

  /** Sends a plain copy: a getter or a toJSON of the value is run here, once. */
  #reply(id: string, value: unknown): void {
    const json = JSON.stringify(value) ?? 'null';
    if (json.length > LARGEST)
      throw new RangeError(`The result is ${json.length} characters of JSON; at most ${LARGEST} are taken`);
    this.#send({ type: 'result', id, value: JSON.parse(json) as unknown });
  }
}
