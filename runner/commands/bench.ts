/**
 * `npm run bench [-- --json]`: the figures this project promises, measured on a stack of its own, each
 * with its reference in the same run. `npm run bench -- notebook` measures a lesson's page in Chromium;
 * `npm run bench -- endurance` kills the server twenty times in a thousand runs; `npm run bench -- LESSON`
 * runs a chapter's own benchmarks.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepAwake, onCore } from '../bench/busy.ts';
import { benchGrading, gradingParts } from '../bench/grading.ts';
import { benchClicks } from '../bench/click.ts';
import { benchEndurance } from '../bench/endurance.ts';
import type { Figure } from '../bench/figure.ts';
import { benchNotebook, writeForty } from '../bench/notebook.ts';
import { benchPage } from '../bench/page.ts';
import { startRedis } from '../bench/redis.ts';
import { benchSandbox, type SandboxBench } from '../bench/sandbox.ts';
import { benchSessions } from '../bench/session.ts';
import { benchTopologies } from '../bench/topologies.ts';
import { openSpawnedNode } from '../bench/spawned-node.ts';
import { benchTheTap } from '../bench/tap.ts';
import { app } from '../setup/places.mjs';
import { Client } from './client.ts';
import { startStack } from './stack.ts';

const PAGE = '/16-etudes-cas-patterns-reels/05-cas-rate-limiting-api-gateway/4-implementation/';
const SAMPLES = 500;
const NEW_LEARNERS = 60;
const NEW_TOPOLOGIES = 5;
const NOTEBOOK_SAMPLES = 30;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    samples: { type: 'string' },
    kills: { type: 'string' },
    runs: { type: 'string', default: '1000' },
    clicks: { type: 'string', default: '50' },
    crashes: { type: 'string', default: '10' },
    learners: { type: 'string', default: '10' },
    active: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '20' },
  },
});
const samples = Number(values.samples ?? SAMPLES);
const say = (progress: string) => process.stderr.write(`… ${progress}\n`);

const [asked] = positionals;
if (asked === undefined) process.exitCode = report([...(await ours()), ...(await tap())]);
else if (asked === 'notebook') process.exitCode = report(await notebook());
else if (asked === 'sandbox') process.exitCode = report(await benchSandbox(sizes(), say));
else if (asked === 'endurance')
  process.exitCode = report(
    await benchEndurance({ runs: Number(values.runs), kills: Number(values.kills ?? 20) }, say),
  );
else if (asked === 'grade') process.exitCode = report(await grade());
else process.exitCode = await chapter(asked);

/** How much `bench sandbox` measures. */
function sizes(): SandboxBench {
  const { kills, clicks, crashes, learners, active, seconds } = values;
  return {
    kills: Number(kills ?? 30),
    clicks: Number(clicks),
    crashes: Number(crashes),
    learners: Number(learners),
    active: Number(active),
    seconds: Number(seconds),
  };
}

/** Prints what was found; 1 when a target was missed. */
function report(figures: Figure[]): number {
  if (values.json)
    console.log(JSON.stringify({ machine: machine(), date: new Date().toISOString(), figures }, null, 2));
  else print(figures);
  return figures.every(({ targets }) => targets.every(({ kept }) => kept)) ? 0 : 1;
}

async function ours(): Promise<Figure[]> {
  say('starting a stack');
  const stack = await startStack({ environment: { ATELIER_SESSIONS: '400' } });
  const cold = await openSpawnedNode();
  try {
    const client = await Client.connect(stack.address);
    const { languages } = await client.hear('welcome');
    const found: Figure[] = [];
    for (const language of languages.filter((one) => one !== 'go')) {
      say(`${samples} clicks in ${language}`);
      found.push(...(await benchClicks(client, language, samples, language === 'typescript' ? cold : null)));
    }
    await client.close();
    say(`${NEW_LEARNERS} new learners`);
    found.push(...(await benchSessions(stack.address, NEW_LEARNERS)));
    say(`${NEW_TOPOLOGIES} cells on each topology`);
    found.push(...(await benchTopologies(stack.address, NEW_TOPOLOGIES)));
    if (existsSync(join(app, 'site/dist'))) found.push(...(await benchPage(stack.address, PAGE)));
    return found;
  } finally {
    await cold.close();
    await stack.stop();
  }
}

async function tap(): Promise<Figure[]> {
  say('GETs through the tap and beside it');
  return benchTheTap();
}

/** The page's own figures, in Chromium, on a copy of the site with a page of forty cells. */
async function notebook(): Promise<Figure[]> {
  const site = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  chmodSync(site, 0o755);
  cpSync(join(app, 'site/dist'), site, { recursive: true, preserveTimestamps: true });
  writeForty(site);
  say('starting a stack');
  const stack = await startStack({ environment: { ATELIER_SITE: site } });
  try {
    const client = await Client.connect(stack.address);
    const { languages } = await client.hear('welcome');
    await client.close();
    say('a page in Chromium');
    return await benchNotebook(stack.address, languages, Number(values.samples ?? NOTEBOOK_SAMPLES));
  } finally {
    await stack.stop();
    rmSync(site, { recursive: true, force: true });
  }
}

/** The grader's figures, or those of the parts that are named; they are promised for `--samples 100 --learners 30`. */
async function grade(): Promise<Figure[]> {
  const parts = positionals.length > 1 ? positionals.slice(1) : gradingParts;
  return benchGrading(parts, Number(values.samples ?? 2), Number(values.learners), say);
}

/**
 * A chapter's benchmarks are a program of its own, that measures the Redis of REDIS_URL and writes its results. Each
 * has a core: where the scheduler happens to put them would be half of what is measured.
 */
async function chapter(lesson: string): Promise<number> {
  const [module, number] = lesson.split('-');
  const [file] = globSync(`course/${module}-*/${number}-*/benchmarks/bench.ts`, { cwd: app });
  if (file === undefined) throw new Error(`the chapter ${lesson} has no benchmarks/bench.ts`);
  const redis = await startRedis(0);
  const rest = keepAwake();
  try {
    const environment = { ...process.env, REDIS_URL: redis.url };
    const argv = [...onCore(1), process.execPath, join(app, file)];
    const child = spawn(argv[0], argv.slice(1), { stdio: 'inherit', env: environment });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    rest();
    await redis.close();
  }
}

function machine(): { cpu: string; cores: number; memoryGiB: number; node: string } {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

function print(found: Figure[]): void {
  const { cpu, cores, memoryGiB, node } = machine();
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}\n`);
  for (const { name, unit, samples: count, p50, p95, p99, ratio, targets } of found) {
    const rest =
      p95 === null || p99 === null ? '' : ` · p95 ${short(p95)} · p99 ${short(p99)} (${count} samples)`;
    console.log(`${name}\n    ${p95 === null ? '' : 'p50 '}${short(p50)} ${unit}${rest}`);
    if (ratio !== undefined) console.log(`    ${ratio.to} ×${short(ratio.value)}`);
    for (const { what, limit, found: value, kept } of targets) {
      console.log(`    ${kept ? '✓' : '✗'} ${what} ${limit}${kept ? '' : ` (found ${short(value)})`}`);
    }
  }
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
