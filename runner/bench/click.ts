/** From a click to the first output, over a real WebSocket, beside what a freshly spawned sandboxed node would take. */
import type { Client } from '../commands/client.ts';
import type { Language } from '../protocol.ts';
import { figure, quantile, type Figure } from './figure.ts';
import type { SpawnedNode } from './spawned-node.ts';

const CODE: Partial<Record<Language, string>> = {
  typescript: "console.log(await redis.incr('k'))",
  python: "print(r.incr('k'))",
};
const SETUP: Partial<Record<Language, string>> = {
  typescript:
    "import { Redis } from 'ioredis';\nconst redis = new Redis();\nconsole.log(await redis.ping());",
  python: 'import redis\nr = redis.Redis()\nprint(r.ping())',
};

/** Milliseconds from sending a run to its first output; the run is over when this resolves. */
export async function click(client: Client, cell: string, language: Language, code: string): Promise<number> {
  client.forget();
  const began = performance.now();
  const first = client
    .hear('output', (message) => message.cell === cell)
    .then(() => performance.now() - began);
  client.send({ type: 'run', lesson: 'libre', cell, language, code });
  const ended = await client.hear('ended', (message) => message.cell === cell);
  if (ended.report.outcome.class !== 'done')
    throw new Error(`the cell ended with ${JSON.stringify(ended.report.outcome)}`);
  return first;
}

/** Warm clicks of one language; with `cold`, interleaved with a sandboxed node spawned for the same code. */
export async function benchClicks(
  client: Client,
  language: Language,
  samples: number,
  cold: SpawnedNode | null,
): Promise<Figure[]> {
  await click(client, 'setup', language, SETUP[language]!);
  for (let n = 0; n < 20; n += 1) await click(client, 'warm', language, CODE[language]!);
  const warm: number[] = [];
  const spawned: number[] = [];
  for (let n = 0; n < samples; n += 1) {
    warm.push(await click(client, 'bench', language, CODE[language]!));
    if (cold !== null && n % 15 === 0) spawned.push(await cold.firstOutputMs());
  }
  const targets = language === 'typescript' ? { p50: 15, p95: 50 } : {};
  const found = figure(`click → first output, warm, ${language}`, 'ms', warm, targets);
  if (cold === null) return [found];
  const baseline = figure('spawning a sandboxed node for the same code → first output', 'ms', spawned);
  const value = quantile(spawned, 0.5) / quantile(warm, 0.5);
  found.ratio = { to: 'a spawned sandboxed node is slower by', value };
  found.targets.push({ what: 'times faster than spawning ≥', limit: 10, found: value, kept: value >= 10 });
  return [found, baseline];
}
