/**
 * Runs in a row, attacks among them, and the server killed again and again: what is left, what is lost.
 *
 * Theory of operation. Honest learners count their visits in Redis, one run after the other; a vandal's
 * run is always beside theirs. Every so many runs the server is killed with kill -9 in the middle of one,
 * every fifth time its launcher with all that it holds. After the server's death a counter goes on from
 * where it was: the host saves what it holds. After the launcher's it goes on from what was saved last.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../commands/client.ts';
import { startStack, type Stack } from '../commands/stack.ts';
import { lastingTraces, lives, livesBelow, programsBelow, rangeOf, type Life } from '../endurance/traces.ts';
import type { Language } from '../host/protocol.ts';
import { figure, single, type Figure } from './figure.ts';

/** How long it is; what is promised is for 1,000 runs and 20 kills. */
export interface EnduranceBench {
  runs: number;
  kills: number;
}

const honest = 4;
const patienceMs = 90_000;
const redis = "import { Redis } from 'ioredis'; const redis = new Redis(); redis.on('error', () => {});";
const count = `${redis} console.log(await redis.incr('visits')); redis.disconnect()`;

/** What a vandal runs, one after the other; each ends by itself or by a limit. */
const deeds: [Language, string][] = [
  ['python', 'import os\nfor _ in range(40): os.fork()\nwhile True: pass'],
  ['typescript', 'for (;;);'],
  ['python', 'hoard = []\nwhile True: hoard.append(bytearray(1 << 20))'],
  ['typescript', "for (;;) console.log('x'.repeat(10_000));"],
  ['typescript', `${redis} await redis.call('CMS.INITBYDIM', 'c', '4000000000', '1000000000')`],
  ['typescript', `${redis} await redis.eval("redis.call('SET', 'x', 1) while true do end", 0)`],
  ['python', 'import os, signal\nos.kill(-1, signal.SIGKILL)'],
  ['typescript', 'process.abort()'],
  ['python', 'import os\nfor n in range(2000): open(f"/tmp/{n}", "w").write("x" * 100_000)'],
  ['typescript', `${redis} for (;;) await redis.append('large', 'x'.repeat(1_000_000))`],
];

/** A learner who counts. */
interface Visitor {
  client: Client;
  /** His counter when he last saw it. */
  seen: number;
  /** What it was, at least, when it was last saved. */
  saved: number;
}

/** Runs it all on a stack of its own; a promise that is not kept is a figure beyond its target. */
export async function benchEndurance(
  { runs, kills }: EnduranceBench,
  say: (progress: string) => void,
): Promise<Figure[]> {
  const before = new Set(lastingTraces());
  const endurance = new Endurance();
  try {
    await endurance.begin();
    const each = Math.ceil(runs / (kills + 1));
    for (let done = 0, killed = 0; done < runs; done += each) {
      await endurance.run(Math.min(each, runs - done));
      if (killed >= kills || done + each >= runs) continue;
      killed++;
      say(`${Math.min(done + each, runs)} runs; kill -9 number ${killed}`);
      await endurance.kill(killed % 5 === 0);
    }
  } finally {
    await endurance.end();
  }
  const left = await settled(() => [
    ...endurance.living,
    ...lastingTraces().filter((trace) => !before.has(trace) && !endurance.isAnothers(trace)),
  ]);
  for (const trace of left) say(`left: ${trace}`);
  for (const problem of endurance.problems) say(problem);
  return [
    single(
      `processes, groups, mounts and folders left after ${runs} runs and ${kills} kill -9`,
      '',
      left.length,
      0,
    ),
    single('saved states lost', '', endurance.lost, 0),
    single('runs of honest learners that failed', 'runs', endurance.failed, 0),
    figure('a run beside a vandal, from click to end', 'ms', endurance.times),
  ];
}

class Endurance {
  readonly times: number[] = [];
  readonly problems: string[] = [];
  lost = 0;
  failed = 0;
  readonly #data = mkdtempSync(join(tmpdir(), 'endurance-'));
  readonly #former = new Set<Life>();
  readonly #ranges = new Set<string>();
  #stack!: Stack;
  #visitors: Visitor[] = [];
  #vandal!: Client;
  #deed: Promise<unknown> = Promise.resolve();
  #deeds = 0;
  #runs = 0;

  /** Those of all processes ever seen that live. */
  get living(): string[] {
    return [...this.#former].filter(lives).map((life) => `process ${life}`);
  }

  /** Whether it is the group of another launcher that came to this machine meanwhile. */
  isAnothers(trace: string): boolean {
    return trace.startsWith('atelier-redis-') && !this.#ranges.has(trace);
  }

  async begin(): Promise<void> {
    this.#stack = await this.#start();
    for (let n = 0; n < honest; n++)
      this.#visitors.push({ client: await Client.connect(this.#stack.address), seen: 0, saved: 0 });
    this.#vandal = await Client.connect(this.#stack.address);
  }

  /** As many runs, a vandal's among each five. */
  async run(runs: number): Promise<void> {
    for (let n = 0; n < runs; n++) {
      if (n % 5 === 0) {
        await this.#deed;
        this.#deed = this.#misbehave();
      } else await this.#visit(this.#visitors[this.#runs++ % honest]);
    }
  }

  /** Kills the server, or all of it, while everybody runs; then everybody comes back. */
  async kill(all: boolean): Promise<void> {
    for (const { client } of this.#visitors)
      client.send({ type: 'run', lesson: 'libre', cell: 'cut', language: 'typescript', code: count });
    await delay((this.#runs * 37) % 300);
    this.#remember();
    if (all) {
      this.#stack.launcher.kill('SIGKILL');
      const left = await settled(() => this.living);
      if (left.length > 0) this.problems.push(`${left.length} processes outlive their launcher`);
      this.#stack = await this.#start();
    } else {
      const [server] = programsBelow(this.#stack.launcher.pid!, 'runner/server.ts');
      process.kill(server, 'SIGKILL');
      await this.#stack.healthy();
    }
    await this.#deed;
    for (const visitor of this.#visitors) {
      visitor.client = await Client.connect(this.#stack.address, visitor.client.cookie);
      if (all) visitor.seen = visitor.saved;
      const before = visitor.seen;
      await this.#visit(visitor);
      // Its server's death had it saved: what it was then is on the disk now.
      if (!all) visitor.saved = Math.max(before, visitor.saved);
    }
    this.#vandal = await Client.connect(this.#stack.address, this.#vandal.cookie);
  }

  async end(): Promise<void> {
    await this.#deed;
    for (const { client } of this.#visitors) await client.close();
    await this.#vandal?.close();
    this.#remember();
    await this.#stack?.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }

  #start(): Promise<Stack> {
    const environment = { ATELIER_LOG: 'error', ATELIER_RUN_MS: '2000' };
    return startStack({ data: this.#data, cellHosts: 1, environment });
  }

  #remember(): void {
    for (const life of livesBelow(this.#stack.launcher.pid!)) {
      this.#former.add(life);
      const range = rangeOf(life);
      if (range !== null) this.#ranges.add(range);
    }
  }

  async #visit(visitor: Visitor): Promise<void> {
    const { client } = visitor;
    const cell = `visit-${this.#runs}-${this.times.length}`;
    client.forget();
    const began = performance.now();
    client.send({ type: 'run', lesson: 'libre', cell, language: 'typescript', code: count });
    const ended = await client.hear('ended', (message) => message.cell === cell, patienceMs).catch(String);
    this.times.push(performance.now() - began);
    const output = client.heard.find((message) => message.type === 'output' && message.cell === cell);
    const seen = output?.type === 'output' ? Number(output.text) : Number.NaN;
    if (typeof ended === 'string' || ended.report.outcome.class !== 'done' || !Number.isInteger(seen)) {
      this.failed++;
      this.problems.push(
        `a run failed: ${typeof ended === 'string' ? ended : JSON.stringify(ended.report.outcome)}`,
      );
      return;
    }
    if (seen <= visitor.seen) {
      this.lost++;
      this.problems.push(`${seen} visits after ${visitor.seen}: a state was lost`);
    }
    visitor.seen = seen;
  }

  /** One deed of the vandal; how it ends is his business, that it ends is ours. */
  async #misbehave(): Promise<void> {
    const vandal = this.#vandal;
    const [language, code] = deeds[this.#deeds % deeds.length];
    const cell = `deed-${this.#deeds++}`;
    vandal.forget();
    vandal.send({ type: 'run', lesson: 'libre', cell, language, code });
    await vandal
      .hear('ended', (message) => message.cell === cell, patienceMs)
      .catch((error: unknown) => {
        const { message } = error as Error;
        if (!message.includes('connection ended')) this.problems.push(`a deed does not end: ${message}`);
      });
  }
}

/** What is there still, after as long as it may take to go. */
async function settled(left: () => string[]): Promise<string[]> {
  for (const end = Date.now() + 30_000; left().length > 0 && Date.now() < end;) await delay(50);
  return left();
}
