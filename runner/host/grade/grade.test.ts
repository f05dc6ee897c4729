/** Whole attempts on real boxes: what a fair answer gets, and what a cheater does not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CheckResult, Verdict } from '../../../labs/kit.ts';
import { openSandbox, type Sandbox } from '../../../sandbox/run.ts';
import { InstancePool } from '../instance-pool.ts';
import { KernelPool } from '../kernel/pool.ts';
import { gradingContext, type GradingContext } from './context.ts';
import { gradeAttempt } from './grade.ts';
import { Cancelled, Loans } from './loans.ts';
import { waitFor } from '../rig.ts';

const room = join(dirname(fileURLToPath(import.meta.url)), '../../../labs');
const lab = '16-05a-fenetre-fixe';
const answer = (file: string) => readFileSync(join(room, lab, file), 'utf8');

let sandbox: Sandbox;
let kernels: KernelPool;
let instances: InstancePool;
let context: GradingContext;

before(async () => {
  sandbox = await openSandbox();
  kernels = new KernelPool(sandbox, { typescript: 2 });
  instances = new InstancePool(sandbox, 'grading', 1);
  context = gradingContext({
    kernels,
    instances,
    rooms: [room],
    versions: { server: 'test', driver: 'local' },
  });
});

after(async () => {
  await instances.close();
  await kernels.close();
  await sandbox.close();
});

async function grade(code: string, seed: number | null = null): Promise<Verdict & { told: CheckResult[] }> {
  const told: CheckResult[] = [];
  const request = { lab, language: 'typescript', code, seed, latency: false } as const;
  const verdict = await gradeAttempt(request, context, {
    check: (check) => told.push(check),
    verdict: () => {},
  });
  return { ...verdict, told };
}

const failures = (verdict: Verdict) =>
  verdict.checks.filter(({ state }) => state === 'failed').map(({ id, code }) => `${id}=${code}`);

test('the reference passes, every check told as it is known, and costs what the wire says', async () => {
  const verdict = await grade(answer('solution.ts'), 42);
  assert.equal(verdict.class, 'passed', JSON.stringify(failures(verdict)));
  assert.equal(verdict.points, verdict.outOf);
  assert.equal(verdict.seed, 42);
  assert.deepEqual(new Set(verdict.told.map(({ id }) => id)), new Set(verdict.checks.map(({ id }) => id)));
  assert.deepEqual([verdict.cost?.roundTrips, verdict.cost?.commands], [1, 1]);
  for (const phase of ['ready', 'checks', 'again', 'cost', 'answer'])
    assert.ok(verdict.phases[phase] > 0, phase);
});

test('a connection that opens late is no operation’s cost, and one opened at each call is every operation’s', async () => {
  const [first, rest] = answer('solution.ts').split('const redis = new Redis();');
  const later = (when: string) => `${first}let redis = new Redis();
let calls = 0;
const renewed = () => {
  calls++;
  if (!(${when})) return;
  redis.disconnect();
  redis = new Redis();
  define();
};
${rest.replace('redis.defineCommand', 'const define = () => redis.defineCommand').replace('): Promise<Decision> {', '): Promise<Decision> {\n  renewed();')}
define();`;
  const once = await grade(later('calls === 9'));
  assert.equal(once.class, 'passed', JSON.stringify(failures(once)));
  assert.equal(once.cost!.roundTrips, 1);
  const always = await grade(later('true'));
  assert.ok(
    failures(always).includes('cost-round-trips=too-many-round-trips'),
    JSON.stringify(failures(always)),
  );
});

test('a race is found and drawn: who read, who was held, who wrote over', async () => {
  const verdict = await grade(answer('attempts/mutant-get-then-incr.ts'));
  assert.equal(verdict.class, 'to-review');
  const race = verdict.checks.find(({ id }) => id === 'race')!;
  assert.equal(race.code, 'both-allowed');
  const who = race.timeline!.map(({ process }) => process);
  assert.deepEqual([who[0], who.at(-1)], ['A', 'A']);
  assert.ok(who.includes('B'));
  assert.ok(race.timeline!.some(({ held }) => held));
});

test('a process killed between two commands leaves what it leaves, and it is seen', async () => {
  const verdict = await grade(answer('attempts/mutant-incr-then-expire.ts'));
  const killed = verdict.checks.find(({ id }) => id === 'killed-between')!;
  assert.equal(killed.code, 'eternal-key-after-death');
  assert.ok(killed.timeline!.some(({ command }) => command === 'la passerelle meurt'));
});

/** An answer that does this before it answers as the reference does. */
const cheating = (deed: string, head = '') =>
  `${head}\n${answer('solution.ts').replace('  const [compte', `  ${deed}\n  const [compte`)}`;
const fs = "import { writeSync } from 'node:fs';";

const cheats: { name: string; code: string; verdict: Verdict['class']; because: string | RegExp }[] = [
  {
    name: 'writes a reply of its own on the channel',
    code: cheating(
      `writeSync(3, JSON.stringify({ type: 'result', id: 'a', value: { allowed: true, remaining: 1, retryAfterMs: 0 } }) + '\\n');`,
      fs,
    ),
    verdict: 'code-error',
    because: 'unasked-reply',
  },
  {
    name: 'writes a verdict on the channel',
    code: cheating(
      `writeSync(3, JSON.stringify({ type: 'verdict', class: 'passed', points: 30 }) + '\\n');`,
      fs,
    ),
    verdict: 'code-error',
    because: 'unasked-reply',
  },
  {
    name: 'ends its process before it can be judged',
    code: cheating(`process.reallyExit(0);`).replace('process.reallyExit', '(process as any).reallyExit'),
    verdict: 'code-error',
    because: 'process-ended',
  },
  {
    name: 'never answers',
    code: cheating('await new Promise(() => {});'),
    verdict: 'limit',
    because: 'attempt-time',
  },
  {
    name: 'keeps the processor for itself',
    code: cheating('for (;;);'),
    verdict: 'limit',
    because: 'attempt-time',
  },
  {
    name: 'takes all the memory it can',
    code: cheating(`const hoard: Buffer[] = []; for (;;) hoard.push(Buffer.alloc(8 << 20, 1));`),
    verdict: 'limit',
    because: /attempt-(memory|time)/,
  },
  {
    name: 'hides behind a getter that changes its mind',
    code: `let asked = 0;
      export async function allow() {
        return { toJSON: () => ({ allowed: asked++ % 2 === 0, remaining: Infinity, retryAfterMs: {} }) };
      }`,
    verdict: 'to-review',
    because: 'first-requests=reply-shape',
  },
  {
    name: 'rewrites JSON and Object for everyone, it hopes',
    code: `JSON.stringify = () => '{"allowed":true,"remaining":0,"retryAfterMs":0}';
      Object.prototype.allowed = true;
      export async function allow() { return {}; }`,
    verdict: 'code-error',
    because: 'unasked-reply',
  },
  {
    name: 'exports nothing of the contract',
    code: 'export const allowed = true;',
    verdict: 'code-error',
    because: 'handler-missing',
  },
  {
    name: 'does not parse',
    code: 'export async function allow( {',
    verdict: 'code-error',
    because: 'load-failed',
  },
];

for (const { name, code, verdict: expected, because } of cheats) {
  test(`an answer that ${name} is ${expected}`, async () => {
    const verdict = await grade(code);
    const why = [verdict.code ?? '', ...failures(verdict)];
    assert.equal(verdict.class, expected, why.join(' '));
    assert.ok(
      why.some((one) => (typeof because === 'string' ? one === because : because.test(one))),
      why.join(' '),
    );
    assert.ok(verdict.points < verdict.outOf);
  });
}

test('a spy tries every command that shows other clients, while the checker works, and learns nothing', async () => {
  const spy = `
    const spied: string[] = [];
    const tries = [['MONITOR'], ['INFO'], ['SLOWLOG', 'GET'], ['LATENCY', 'LATEST'], ['CLIENT', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'], ['CLIENT', 'TRACKING', 'ON', 'BCAST'], ['PUBSUB', 'CHANNELS'],
      ['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'], ['ACL', 'LOG'], ['DEBUG', 'SLEEP', '0'], ['CLIENT', 'PAUSE', '1'],
      ['MEMORY', 'STATS'], ['OBJECT', 'FREQ', 'limite:x']];
    for (const [command, ...rest] of tries) {
      await redis.call(command!, ...rest).then(() => spied.push(command!), (error: Error) => {
        if (!/NOPERM|not allowed/i.test(error.message)) spied.push(command + ': ' + error.message);
      });
    }
    await redis.psubscribe('__key*').catch(() => {});
    if (spied.length > 0) throw new Error(spied.join(' '));
    return { allowed: true, remaining: limit - 1, retryAfterMs: 0 };`;
  const code = answer('solution.ts').replace('  const [compte', `${spy}\n  const [compte`);
  const verdict = await grade(code);
  assert.notEqual(verdict.checks[0].code, 'handler-threw', JSON.stringify(verdict.checks[0].data));
});

test('an attempt whose turn to be timed has not come is told its place, holds no box, and is measured all the same', async () => {
  const { promise: others, resolve: release } = Promise.withResolvers<void>();
  const measuring = context.timed(() => others);
  const loans = new Loans(context);
  const places: number[] = [];
  let first: Verdict | null = null;
  const graded = gradeAttempt(
    { lab, language: 'typescript', code: answer('solution.ts'), seed: null, latency: true },
    loans.context,
    { check: () => {}, verdict: (known) => (first = known), timing: (place) => places.push(place) },
  );
  await waitFor(() => places.length > 0);
  assert.deepEqual(places, [1]);
  assert.equal(first!.latency?.state, 'measuring');
  assert.equal(loans.instances, 0);
  release();
  await measuring;
  await waitFor(() => loans.instances > 0);
  assert.deepEqual(places, [1, 0]);
  await loans.end();
  const { phases } = await graded;
  assert.ok(phases.turn >= phases.answer);
});

test('nothing is timed while somebody waits for a first answer', async () => {
  const { promise: first, resolve: release } = Promise.withResolvers<void>();
  const answering = context.answering(() => first);
  const places: number[] = [];
  let isTimed = false;
  const timed = context.timed(
    async () => (isTimed = true),
    (place) => places.push(place),
  );
  await waitFor(() => places.length > 0);
  assert.deepEqual([places, isTimed], [[1], false]);
  release();
  await Promise.all([answering, timed]);
  assert.deepEqual([places, isTimed], [[1, 0], true]);
});

test('an attempt that is taken back leaves no box, at once, and is lent nothing more', async () => {
  const loans = new Loans(context);
  const code = cheating('await new Promise(() => {});');
  const request = { lab, language: 'typescript', code, seed: null, latency: false } as const;
  const graded = gradeAttempt(request, loans.context, { check: () => {}, verdict: () => {} });
  await waitFor(() => kernels.counts.used === 2 && loans.instances === 1);
  await loans.end();
  assert.equal(kernels.counts.used, 0);
  assert.equal(loans.instances, 0);
  assert.equal((await graded).class, 'platform');
  await assert.rejects(loans.context.kernels.claim('typescript'), Cancelled);
  assert.equal(kernels.counts.used, 0);
});

test('after every attempt no box of it is left', async () => {
  assert.equal(kernels.counts.used, 0);
});
