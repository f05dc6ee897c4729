import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { KernelFrame, KernelRequest } from '../../run.ts';

/** Places in the memory that the two threads share: characters not yet written, whether an interruption is under way. */
const IN_FLIGHT = 0;
const ASKED = 1;

/** What the watchdog is started with. */
export interface WatchdogData {
  shared: Int32Array;
  descriptor: number;
  main: MessagePort;
  IN_FLIGHT: number;
  ASKED: number;
}

/** What the main thread says: a text, which may be joined to the one before, a whole line, or a question it answers. */
export type Saying = Extract<KernelFrame, { type: 'output' }> | string | number;

/** What counts as in flight of a saying. */
export function sizeOf(said: Exclude<Saying, number>): number {
  return typeof said === 'string' ? said.length : said.text.length;
}

/** A request as the watchdog passes it on. */
export type Received =
  Exclude<KernelRequest, { type: 'interrupt' }> | { type: 'interrupt'; id: string; question: number };

/** Beyond it the learner's thread waits until the host has read: a flood stays small in memory. */
const MOST_IN_FLIGHT = 1024 * 1024;
const CONTROL = 3;
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 8 };

/** The main thread's end of the control channel, by way of the watchdog. */
export class Channel {
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  /** A port of its own: what comes before anyone listens waits in it, where a worker's own messages are lost. */
  readonly #watchdog: MessagePort;

  constructor() {
    const { port1, port2: main } = new MessageChannel();
    this.#watchdog = port1;
    const workerData: WatchdogData = { shared: this.#shared, descriptor: CONTROL, main, IN_FLIGHT, ASKED };
    // A second parser of TypeScript, in the worker, would cost 12 MiB and a third of the boot.
    const source = stripTypeScriptTypes(readFileSync(new URL('./watchdog.ts', import.meta.url), 'utf8'));
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    new Worker(url, { workerData, transferList: [main], resourceLimits: LIMITS });
  }

  send(frame: KernelFrame): void {
    const said = frame.type === 'output' ? frame : JSON.stringify(frame);
    Atomics.add(this.#shared, IN_FLIGHT, sizeOf(said));
    this.#watchdog.postMessage(said);
    for (;;) {
      const inFlight = Atomics.load(this.#shared, IN_FLIGHT);
      if (inFlight <= MOST_IN_FLIGHT) return;
      Atomics.wait(this.#shared, IN_FLIGHT, inFlight, 1000);
    }
  }

  /** Whether the running cell is being interrupted, known before any message of it can be read. */
  get isInterrupting(): boolean {
    return Atomics.load(this.#shared, ASKED) === 1;
  }

  onRequest(handle: (request: Received) => void): void {
    this.#watchdog.on('message', (request: Received) => {
      handle(request);
      if (request.type === 'interrupt') this.#watchdog.postMessage(request.question);
    });
  }
}
