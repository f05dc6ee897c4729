/** One learner who asks for all he can, while others work at their ease: what they wait, with him and without. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../commands/client.ts';
import { startStack } from '../commands/stack.ts';
import type { Language } from '../host/protocol.ts';
import { figure, quantile, type Figure } from './figure.ts';

const others = 4;
const pauseMs = 100;
const lessons = ['libre', '16-05', '16-00'];
const first =
  "import { Redis } from 'ioredis'; const redis = new Redis(); console.log(await redis.incr('n'))";
const again = "console.log(await redis.incr('n'))";

/** Endless work, in a box each that lives on after its run is stopped where it can. */
const deeds: [Language, string][] = [
  ['typescript', 'for (;;);'],
  ['python', 'import os\nfor _ in range(20): os.fork()\nwhile True: pass'],
  ['typescript', "for (;;) console.log('x'.repeat(10_000));"],
  ['python', 'hoard = []\nwhile True: hoard.append(bytearray(1 << 20))'],
  ['python', 'import os\nif os.fork() == 0:\n  while True: pass'],
];

/** What was seen of the others and of what the vandal was told. */
export interface Vandalism {
  alone: number[];
  beside: number[];
  /** Whether he was told a place in the queue, and that he may not have more runs wait. */
  queued: boolean;
  refused: boolean;
}

/** Measures so many clicks of each of the others, without the vandal, then beside him. */
export async function vandalise(clicks: number): Promise<Vandalism> {
  const environment = { ATELIER_RUN_MS: '4000', ATELIER_LOG: 'error' };
  const stack = await startStack({ cellHosts: 1, environment });
  try {
    const clients = await Promise.all(Array.from({ length: others }, () => Client.connect(stack.address)));
    for (const client of clients) await click(client, 'first', first);
    const alone = await waits(clients, 'alone', clicks);
    const vandal = await Client.connect(stack.address);
    const busy = misbehave(vandal);
    await vandal.hear('started');
    const beside = await waits(clients, 'beside', clicks);
    clearInterval(busy);
    const queued = vandal.heard.some((message) => message.type === 'queued' && message.place > 1);
    const refused = vandal.heard.some(
      (message) => message.type === 'refused' && message.code === 'too-many-runs',
    );
    for (const client of [vandal, ...clients]) await client.close();
    return { alone, beside, queued, refused };
  } finally {
    await stack.stop();
  }
}

/** The figures of it: the others' p95 beside him is under twice what it is without. */
export async function benchVandal(clicks: number): Promise<Figure[]> {
  const { alone, beside } = await vandalise(clicks);
  const value = quantile(beside, 0.95) / quantile(alone, 0.95);
  const found = figure(`${others} learners beside a vandal at full tilt: click → end`, 'ms', beside);
  return [
    figure(`${others} learners without him: click → end`, 'ms', alone),
    {
      ...found,
      ratio: { to: 'of the p95 without him', value },
      targets: [{ what: 'p95 over p95 without him ≤', limit: 2, found: value, kept: value <= 2 }],
    },
  ];
}

/** Runs in every lesson he may open, terminals that show without end, a flood of messages. */
function misbehave(vandal: Client): NodeJS.Timeout {
  for (let n = 0; n < 150; n++) {
    const [language, code] = deeds[n % deeds.length];
    const lesson = lessons[n % lessons.length];
    vandal.send({ type: 'run', lesson, cell: `deed-${n}`, language, code });
  }
  for (let n = 0; n < 4; n++)
    vandal.send({ type: 'terminal-open', lesson: lessons[0], terminal: `t${n}`, columns: 80, rows: 24 });
  return setInterval(() => {
    for (let n = 0; n < 4; n++)
      vandal.send({ type: 'terminal-input', lesson: lessons[0], terminal: `t${n}`, data: 'COMMAND DOCS\r' });
    for (let n = 0; n < 200; n++) vandal.socket.send('{"type":"hello","lesson":"libre"}');
  }, 50);
}

async function click(client: Client, cell: string, code: string): Promise<number> {
  const began = performance.now();
  client.send({ type: 'run', lesson: 'libre', cell, language: 'typescript', code });
  const { report } = await client.hear('ended', (message) => message.cell === cell);
  if (report.outcome.class !== 'done') throw new Error(JSON.stringify(report.outcome));
  return performance.now() - began;
}

async function waits(clients: Client[], name: string, clicks: number): Promise<number[]> {
  const all = await Promise.all(
    clients.map(async (client, place) => {
      const times: number[] = [];
      for (let n = 0; n < clicks; n++) {
        times.push(await click(client, `${name}-${place}-${n}`, again));
        await delay(pauseMs);
      }
      return times;
    }),
  );
  return all.flat();
}
