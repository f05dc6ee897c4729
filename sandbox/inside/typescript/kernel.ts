/**
 * The TypeScript kernel: the one process in which a learner's cells run, or an answer to a lab.
 *
 * Theory of operation. The main thread runs the learner's code; a worker (watchdog.ts) owns the
 * control descriptor and can stop that code whatever it does. Before anything else the Redis port is
 * opened and handed to the host (opener.ts); then a whole cell is rehearsed, so that the learner's
 * first one meets warm code; then the kernel says `ready`. Whatever it says afterwards may be the
 * learner's own words: the host trusts none of it.
 */
import './topology.ts';
import { Redis } from 'ioredis';
import type { Display, KernelFrame } from '../../run.ts';
import { Answer, LOAD } from './answer.ts';
import { Channel, type Received } from './channel.ts';
import { makeDisplay } from './display.ts';
import { Notebook } from './notebook.ts';
import { handOverRedisPorts } from './opener.ts';
import { redirectOutput } from './output.ts';
import { sharePackages } from './packages.ts';
import { refuseExit } from './refuse-exit.ts';
import { rehearse } from './rehearsal.ts';
import { nameLearnersLines } from './sources.ts';

await handOverRedisPorts();
const channel = new Channel();
let send = (frame: KernelFrame) => channel.send(frame);
const notebook = new Notebook(
  (frame) => send(frame),
  () => channel.isInterrupting,
);
const answer = new Answer((frame) => send(frame));
const speaker = () => answer.current ?? notebook.current?.id ?? LOAD;
const show = (item: Display) => send({ type: 'display', id: speaker(), item });

sharePackages();
nameLearnersLines();
redirectOutput({ text: (stream, text) => send({ type: 'output', id: speaker(), stream, text }), show });
refuseExit();
Object.defineProperty(globalThis, 'display', {
  value: makeDisplay(show),
  configurable: true,
  writable: true,
});
Object.assign(Redis, { defaultOptions: { ...Redis['defaultOptions'], showFriendlyErrorStack: true } });
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name !== 'ExperimentalWarning' && console.error(String(warning)));

await rehearse(rehearsed);
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
channel.onRequest(receive);
channel.send({ type: 'ready' });

function receive(request: Received): void {
  switch (request.type) {
    case 'run':
      return notebook.run(request.id, request.code, request.name);
    case 'interrupt':
      return notebook.interrupt(request.id);
    case 'load':
      return void answer.load(request.code, request.name);
    case 'call':
      return void answer.call(request.id, request.op, request.args);
  }
}

/** An error that nobody caught ends the call or the cell that it comes from. */
function fail(error: unknown): void {
  const call = answer.current;
  const run = notebook.current;
  if (call !== undefined) answer.fail(call, error);
  else if (run) notebook.fail(run, error);
}

/** Runs a cell whose frames nobody is to see. */
async function rehearsed(code: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const loud = send;
  send = (frame) => {
    if (frame.type === 'done') resolve();
    if (frame.type === 'failed') reject(new Error(`The rehearsal failed: ${frame.error.message}`));
  };
  notebook.run('rehearsal', code, 'rehearsal');
  await promise;
  send = loud;
}
