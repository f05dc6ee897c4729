/** What the sandbox promises in figures: how fast a limit kills, how fast a Redis is back, what many learners cost. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../commands/client.ts';
import { startStack, type Stack } from '../commands/stack.ts';
import { runCode } from '../../sandbox/experiment.ts';
import { allProcesses, descendants } from '../../sandbox/processes.ts';
import { openSandbox } from '../../sandbox/run.ts';
import { figure, quantile, single, type Figure } from './figure.ts';
import { benchVandal } from './vandal.ts';

/** How much is measured; the figures of the issue need 300 learners, 60 active ones and 300 s. */
export interface SandboxBench {
  kills: number;
  /** Clicks of each learner without a vandal, then beside him. */
  clicks: number;
  crashes: number;
  learners: number;
  active: number;
  seconds: number;
}

const frozenAfterMs = 62_000;
const count =
  "import { Redis } from 'ioredis'; const redis = new Redis(); console.log(await redis.incr('n'))";
const again = "console.log(await redis.incr('n'))";
const bomb = `import os
for _ in range(30):
    try:
        if os.fork() == 0:
            while True: pass
    except OSError: pass
print('full')`;

/** All of them, one after the other. */
export async function benchSandbox(asked: SandboxBench, say: (progress: string) => void): Promise<Figure[]> {
  say(`${asked.kills} boxes full of processes are killed`);
  const found = [await deaths(asked.kills)];
  say(`a vandal beside learners who click ${asked.clicks} times each`);
  found.push(...(await benchVandal(asked.clicks)));
  say('starting a stack');
  const stack = await startStack({
    cellHosts: 1,
    environment: { ATELIER_SESSIONS: '400', ATELIER_LEARNERS_AT_ONCE: '1000', ATELIER_LOG: 'error' },
  });
  try {
    say(`${asked.crashes} Redis servers crash`);
    found.push(await crashes(stack, asked.crashes));
    say(`${asked.active} learners run a cell every 2 s for ${asked.seconds} s`);
    found.push(...(await active(stack, asked.active, asked.seconds)));
    say(`${asked.learners} learners fall asleep`);
    found.push(...(await idle(stack, asked.learners)));
    return found;
  } finally {
    await stack.stop();
  }
}

/** From the decision to kill a box of busy processes to the last of them gone and its slot free. */
async function deaths(samples: number): Promise<Figure> {
  const sandbox = await openSandbox();
  const times: number[] = [];
  try {
    for (let n = 0; n < samples; n++) {
      const box = await sandbox.start({ program: 'python', memory: 256, disk: 4 });
      await runCode(box, bomb);
      const began = performance.now();
      await box.kill();
      times.push(performance.now() - began);
    }
  } finally {
    await sandbox.close();
  }
  return figure('a limit reached → every process of the box dead', 'ms', times, { p99: 150 });
}

/** From the signal that ends a Redis to the answer of its next one, to a client that was connected before. */
async function crashes(stack: Stack, samples: number): Promise<Figure> {
  const client = await Client.connect(stack.address);
  await run(client, 'first', count);
  const times: number[] = [];
  for (let n = 0; n < samples; n++) {
    const server = await serverOf(stack, client, `load-${n}`);
    client.send({
      type: 'run',
      lesson: 'libre',
      cell: `during-${n}`,
      language: 'typescript',
      code: `await new Promise((resolve) => setTimeout(resolve, 50));\n${again}`,
    });
    await client.hear('started', ({ cell }) => cell === `during-${n}`);
    const began = performance.now();
    process.kill(server, 'SIGSEGV');
    const ended = await client.hear('ended', ({ cell }) => cell === `during-${n}`);
    if (ended.report.outcome.class !== 'done') await run(client, `after-${n}`, again);
    times.push(performance.now() - began - 50);
    // A Redis that falls three times in fifteen seconds is caught in a loop, and its kernel is stopped.
    await delay(8000);
  }
  await client.close();
  return figure('a Redis crashes → its next one answers', 'ms', times, { p95: 1000 });
}

async function active(stack: Stack, learners: number, seconds: number): Promise<Figure[]> {
  const alone = await clicks(stack, 1, Math.min(20, seconds));
  const many = await clicks(stack, learners, seconds);
  const p95 = quantile(alone.times, 0.95);
  return [
    figure('one learner alone: click → output', 'ms', alone.times),
    {
      ...figure(`${learners} learners, a cell every 2 s each: click → output`, 'ms', many.times),
      ratio: { to: 'of the p95 alone', value: quantile(many.times, 0.95) / p95 },
    },
    single('errors among them', 'cells', many.errors, 0),
  ];
}

async function clicks(
  stack: Stack,
  learners: number,
  seconds: number,
): Promise<{ times: number[]; errors: number }> {
  const times: number[] = [];
  let errors = 0;
  const one = async (place: number): Promise<void> => {
    await delay((place * 2000) / learners);
    const client = await Client.connect(stack.address);
    await run(client, 'first', count);
    for (let n = 0; n < seconds / 2; n++) {
      const next = delay(2000);
      const began = performance.now();
      const cell = `cell-${n}`;
      client.send({ type: 'run', lesson: 'libre', cell, language: 'typescript', code: again });
      await client
        .hear('output', (message) => message.cell === cell)
        .then(
          () => times.push(performance.now() - began),
          () => errors++,
        );
      const ended = await client.hear('ended', (message) => message.cell === cell);
      if (ended.report.outcome.class !== 'done') errors++;
      client.forget();
      await next;
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: learners }, (_, place) => one(place)));
  return { times, errors };
}

/** Memory a learner (an instance and a kernel, proportional set size) and processor, once all sleep. */
async function idle(stack: Stack, learners: number): Promise<Figure[]> {
  const before = boxes(stack);
  const base = pssOf(before);
  for (let n = 0; n < learners; n++) {
    const client = await Client.connect(stack.address);
    await run(client, 'first', count);
    await client.close();
  }
  await delay(frozenAfterMs);
  const pids = boxes(stack);
  const memory = (pssOf(pids) - base) / learners / 1024;
  const redis =
    pssOf(pids.filter((pid) => nameOf(pid) === 'redis-server')) /
    Math.max(1, redisServers(stack).length) /
    1024;
  const [used, from] = [cpuOf(pids), performance.now()];
  await delay(10_000);
  const share = ((cpuOf(pids) - used) * 10) / (performance.now() - from);
  return [
    single(`${learners} learners asleep, an instance and a kernel each: memory a learner`, 'MiB', memory),
    single('of which its Redis', 'MiB', redis),
    single('processor of all of them', '% of a core', share * 100),
  ];
}

async function run(client: Client, cell: string, code: string): Promise<void> {
  client.send({ type: 'run', lesson: 'libre', cell, language: 'typescript', code });
  const { report } = await client.hear('ended', (message) => message.cell === cell);
  if (report.outcome.class !== 'done') throw new Error(JSON.stringify(report.outcome));
}

function boxes(stack: Stack): number[] {
  const ours = new Set(descendants(stack.launcher.pid!));
  return allProcesses().filter(
    (pid) => ours.has(pid) && Number(/^Uid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) >= 20_000,
  );
}

function redisServers(stack: Stack): number[] {
  return boxes(stack).filter((pid) => nameOf(pid) === 'redis-server');
}

/** The server of the learner who runs this now: the one whose processor time grows. */
async function serverOf(stack: Stack, client: Client, cell: string): Promise<number> {
  const before = new Map(redisServers(stack).map((pid) => [pid, cpuOf([pid])]));
  await run(client, cell, "await Promise.all(Array.from({ length: 30_000 }, () => redis.incr('load')))");
  const grown = (pid: number): number => cpuOf([pid]) - (before.get(pid) ?? 0);
  return [...before.keys()].toSorted((a, b) => grown(b) - grown(a))[0];
}

function nameOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

/** Proportional set size, KiB. */
function pssOf(pids: number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
    0,
  );
}

/** Processor time, hundredths of a second. */
function cpuOf(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) || 0) + (Number(fields[12]) || 0);
  }, 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended while we looked.
    return '';
  }
}
