/** A new learner's session from nothing: token, WebSocket, instance with its modules, kernel, first output. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../commands/client.ts';
import { figure, type Figure } from './figure.ts';

const CODE = "import { Redis } from 'ioredis';\nconsole.log(await new Redis().incr('k'))";
/** Between two learners, so that the warm pool is what it is on a server where not everyone arrives at once. */
const PAUSE_MS = 400;

/** Measures learners who arrive one after the other. */
export async function benchSessions(address: string, samples: number): Promise<Figure[]> {
  const whole: number[] = [];
  const run: number[] = [];
  for (let n = 0; n < samples; n += 1) {
    const began = performance.now();
    const client = await Client.connect(address);
    const clicked = performance.now();
    client.send({ type: 'run', lesson: 'libre', cell: 'first', language: 'typescript', code: CODE });
    await client.hear('output');
    whole.push(performance.now() - began);
    run.push(performance.now() - clicked);
    const ended = await client.hear('ended');
    if (ended.report.outcome.class !== 'done') throw new Error(JSON.stringify(ended.report.outcome));
    await client.close();
    await delay(PAUSE_MS);
  }
  return [
    figure('a new learner’s session from nothing (instance + kernel) → first output', 'ms', run, {
      p50: 250,
    }),
    figure('the same, with the token and the WebSocket', 'ms', whole),
  ];
}
