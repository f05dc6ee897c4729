/**
 * The worker that owns the control descriptor, so that a request is read and an output leaves even
 * while the learner's code keeps the main thread busy.
 *
 * To interrupt, it first asks the main thread. If no answer came after 40 ms the main thread is in
 * JavaScript that does not end: its execution is terminated, and it is asked again. Terminating a
 * thread that waits would kill the next innocent callback instead, hence the question.
 */
import { Session } from 'node:inspector';
import { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { ANSWERED, IN_FLIGHT, type Saying, type WatchdogData } from './channel.ts';
import type { KernelRequest } from '../../run.ts';

const POLITE_MS = 40;
const LONGEST_TEXT = 32 * 1024;
const { shared, descriptor } = workerData as WatchdogData;
const main = parentPort!;
const control = new Socket({ fd: descriptor, readable: true, writable: true });
const session = new Session();
session.connectToMainThread();

let questions = 0;

/** Text that was said but not written yet: a thousand small prints leave as one frame. */
let text: Extract<Saying, object> | null = null;

main.on('message', (said: Saying) => {
  if (typeof said === 'string') {
    flush();
    write(said, said.length);
  } else if (text && text.id === said.id && text.stream === said.stream && text.text.length < LONGEST_TEXT) {
    text.text += said.text;
  } else {
    flush();
    text = said;
    setImmediate(flush);
  }
});

function flush(): void {
  if (text) write(JSON.stringify(text), text.text.length);
  text = null;
}

function write(line: string, size: number): void {
  control.write(`${line}\n`, () => {
    Atomics.sub(shared, IN_FLIGHT, size);
    Atomics.notify(shared, IN_FLIGHT);
  });
}

let rest = '';
control.setEncoding('utf8');
control.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop()!;
  for (const line of lines) receive(JSON.parse(line) as KernelRequest);
});
control.on('close', () => process.kill(process.pid, 'SIGKILL'));
control.on('error', () => undefined);

function receive(request: KernelRequest): void {
  if (request.type === 'interrupt') ask(request.id);
  else main.postMessage(request);
}

function ask(id: string): void {
  const question = ++questions;
  main.postMessage({ type: 'interrupt', id, question });
  setTimeout(() => {
    if (Atomics.load(shared, ANSWERED) >= question) return;
    session.post('Runtime.terminateExecution', () => undefined);
    ask(id);
  }, POLITE_MS);
}
