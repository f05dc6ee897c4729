/**
 * The worker that owns the control descriptor, so that a request is read and an output leaves even
 * while the learner's code keeps the main thread busy.
 *
 * To interrupt, it asks the main thread; loops that await see the question by themselves (`$check`). When
 * that thread works for 40 ms without an answer it is in JavaScript that does not end: its execution is
 * terminated, and it is asked again. A termination that comes too late, when the thread is idle, kills
 * the next callback whatever it is; so questions are sent along for it to kill, and no request passes
 * until one that was asked after it has been answered.
 *
 * It imports nothing but Node's own modules: channel.ts gives it to the worker as JavaScript.
 */
import { Session } from 'node:inspector';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { KernelRequest } from '../../run.ts';
import type { Saying, WatchdogData } from './channel.ts';

/** Processor time: a thread that the machine starves is not one that does not end. */
const POLITE_MS = 40;
/** Time by the clock, for a thread that waits without an end. */
const PATIENT_MS = 500;
const POLL_MS = 5;
const LONGEST_TEXT = 32 * 1024;
const { shared, descriptor, main, IN_FLIGHT, ASKED } = workerData as WatchdogData;
const control = new Socket({ fd: descriptor, readable: true, writable: true });
const session = new Session();
session.connectToMainThread();

/** Text that was said but not written yet: a thousand small prints leave as one frame. */
let text: Extract<Saying, object> | null = null;
/** Requests that wait for the end of an interruption; null when there is none. */
let held: KernelRequest[] | null = null;
/** The run of the interruption under way, or of the last one. */
let stopping = '';
let questions = 0;
let answered = 0;
let answer = Promise.withResolvers<void>();

main.on('message', (said: Saying) => {
  if (typeof said === 'number') {
    answered = said;
    answer.resolve();
    answer = Promise.withResolvers<void>();
  } else if (typeof said === 'string') {
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
  if (held) {
    if (request.type !== 'interrupt' || request.id !== stopping) held.push(request);
  } else if (request.type === 'interrupt') void interrupt(request.id);
  else main.postMessage(request);
}

async function interrupt(id: string): Promise<void> {
  held = [];
  stopping = id;
  Atomics.store(shared, ASKED, 1);
  while (!(await ask(id))) {
    let isDone = false;
    session.post('Runtime.terminateExecution', () => (isDone = true));
    while (!isDone) await ask(id);
  }
  const requests = held;
  held = null;
  Atomics.store(shared, ASKED, 0);
  requests.forEach(receive);
}

/** Whether the main thread takes a question before it has used, or let pass, more time than it may. */
async function ask(id: string): Promise<boolean> {
  const question = ++questions;
  const before = process.cpuUsage();
  const end = performance.now() + PATIENT_MS;
  main.postMessage({ type: 'interrupt', id, question });
  while (answered < question) {
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > POLITE_MS || performance.now() > end) return false;
    await Promise.race([answer.promise, delay(POLL_MS)]);
  }
  return true;
}
