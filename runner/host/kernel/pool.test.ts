import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openSandbox, type Sandbox } from '../../../sandbox/run.ts';
import { runCell, until } from './bed.ts';
import { BoxedKernel } from './boxed-kernel.ts';
import { DEFAULT_NEEDS, KernelPool } from './pool.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await openSandbox();
});

after(() => sandbox?.close());

test('a warm kernel is claimed once, then replaced', async () => {
  const pool = new KernelPool(sandbox, { typescript: 2 });
  await until(() => pool.counts.warm === 2);
  const kernel = await pool.claim('typescript');
  assert.deepEqual(pool.counts, { warm: 1, used: 1 });
  await until(() => pool.counts.warm === 2);
  await kernel.kill();
  await until(() => pool.counts.used === 0);
  assert.notEqual(await pool.claim('typescript'), kernel);
  await pool.close();
  await assert.rejects(pool.claim('typescript'), /closed/);
});

test('a burst larger than the pool is served, each learner a process of their own', async () => {
  const pool = new KernelPool(sandbox, { typescript: 1 });
  const kernels = await Promise.all(Array.from({ length: 5 }, () => pool.claim('typescript')));
  assert.equal(new Set(kernels.map((kernel) => kernel.box?.id)).size, 5);
  const uids = new Set(kernels.map((kernel) => kernel.box?.uid));
  assert.ok(uids.size === 5 || process.getuid?.() !== 0);
  for (const [n, kernel] of kernels.entries()) await runCell(kernel, `const mine = ${n}`);
  const seen = await Promise.all(kernels.map((kernel) => runCell(kernel, 'mine')));
  assert.deepEqual(
    seen.map(({ outcome }) => outcome.class === 'done' && outcome.value),
    kernels.map((_, n) => ({ kind: 'text', text: String(n) })),
  );
  await pool.close();
  assert.ok(kernels.every((kernel) => !kernel.alive));
});

test('a warm kernel that dies is replaced', async () => {
  const started: BoxedKernel[] = [];
  const pool = new KernelPool(sandbox, { typescript: 1 }, async (...job) => {
    const kernel = await BoxedKernel.start(sandbox, { program: 'typescript', ...job[2] }, job[1]);
    started.push(kernel);
    return kernel;
  });
  await until(() => pool.counts.warm === 1);
  await started[0].kill();
  await until(() => started.length === 2 && pool.counts.warm === 1);
  await pool.close();
});

test('starts that fail are tried again, later and later; a claim says what went wrong', async () => {
  const tries: number[] = [];
  let broken = true;
  const pool = new KernelPool(sandbox, { typescript: 1 }, (...[, language, needs]) => {
    tries.push(Date.now());
    if (broken) return Promise.reject(new Error('no such program'));
    return BoxedKernel.start(sandbox, { program: 'typescript', ...needs }, language);
  });
  await assert.rejects(pool.claim('typescript'), /no such program/);
  await until(() => tries.length >= 4);
  const gaps = tries.slice(2).map((at, n) => at - tries[n + 1]);
  assert.ok(gaps[1] > gaps[0], gaps.join());
  broken = false;
  await until(() => pool.counts.warm === 1);
  await pool.close();
});

test('needs above the default start a kernel of that size', async () => {
  const pool = new KernelPool(sandbox, { typescript: 1 });
  await until(() => pool.counts.warm === 1);
  const kernel = await pool.claim('typescript', { ...DEFAULT_NEEDS, memory: 512 });
  assert.equal(pool.counts.warm, 1);
  const { outcome } = await runCell(kernel, 'const big = Buffer.alloc(300 * 1024 * 1024, 1); big.length > 0');
  assert.deepEqual(outcome, { class: 'done', value: { kind: 'text', text: 'true' } });
  await pool.close();
});
