import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createLimiter, httpAnswer, type Policy } from './advanced.ts';

const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
const [redis, other] = [new Redis(url), new Redis(url)];
after(() => [redis, other].forEach((connection) => connection.disconnect()));

const policies: Policy[] = [
  { algorithm: 'fixed-window', limit: 10, windowMs: 60_000 },
  { algorithm: 'sliding-log', limit: 10, windowMs: 60_000 },
  { algorithm: 'sliding-counter', limit: 10, windowMs: 3_600_000 },
  { algorithm: 'token-bucket', capacity: 10, ratePerSecond: 0.01 },
];

for (const policy of policies) {
  test(`${policy.algorithm}: two gateways admit exactly the limit, and the key expires`, async () => {
    const client = randomUUID();
    const [a, b] = [createLimiter(redis, 'test', policy), createLimiter(other, 'test', policy)];
    const decisions = await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? a : b).check(client)));
    assert.equal(decisions.filter((decision) => decision.admitted).length, 10);
    const remaining = decisions.filter((one) => one.admitted).map((one) => one.remaining);
    assert.deepEqual(
      remaining.toSorted((x, y) => x - y),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.ok(decisions.filter((one) => !one.admitted).every((one) => one.remaining === 0 && one.waitMs > 0));
    assert.ok((await redis.pttl(`rl:{${client}}:test`)) > 0);
  });

  test(`${policy.algorithm}: a server that forgot its scripts is taught again`, async () => {
    await redis.script('FLUSH');
    const decision = await createLimiter(redis, 'test', policy).check(randomUUID());
    assert.deepEqual(decision, { admitted: true, remaining: 9, waitMs: 0 });
  });
}

for (const policy of [
  { algorithm: 'sliding-log', limit: 3, windowMs: 250 },
  { algorithm: 'sliding-counter', limit: 3, windowMs: 250 },
  { algorithm: 'token-bucket', capacity: 3, ratePerSecond: 12 },
  { algorithm: 'fixed-window', limit: 3, windowMs: 250 },
] satisfies Policy[]) {
  test(`${policy.algorithm}: the announced wait is enough, and not much too long`, async () => {
    const client = randomUUID();
    const limiter = createLimiter(redis, 'test', policy);
    let decision = await limiter.check(client);
    while (decision.admitted) decision = await limiter.check(client);
    assert.ok(decision.waitMs <= 500, `${decision.waitMs} ms for two windows of 250 ms`);
    await sleep(decision.waitMs + 2);
    assert.equal((await limiter.check(client)).admitted, true);
  });
}

test('sliding log: no half second ever holds more than the limit', async () => {
  const client = randomUUID();
  const limiter = createLimiter(redis, 'test', { algorithm: 'sliding-log', limit: 5, windowMs: 200 });
  const key = `rl:{${client}}:test`;
  const admitted = new Map<string, number>();
  for (const end = performance.now() + 800; performance.now() < end; await sleep(5)) {
    await limiter.check(client);
    const entries = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    for (let i = 0; i < entries.length; i += 2) admitted.set(entries[i], Number(entries[i + 1]));
  }
  const instants = [...admitted.values()].toSorted((a, b) => a - b);
  assert.ok(instants.length >= 15, `${instants.length} admissions in four windows`);
  for (let i = 5; i < instants.length; i++) assert.ok(instants[i] - instants[i - 5] >= 200_000);
});

test('sliding counter: the previous window weighs on the next one', async () => {
  const client = randomUUID();
  const key = `rl:{${client}}:test`;
  const windowMs = 3_600_000;
  const [seconds] = await redis.time();
  const slot = Math.floor((seconds * 1000) / windowMs);
  await redis.hset(key, { slot: slot - 1, current: 1_000_000, previous: 0 });
  const limiter = createLimiter(redis, 'test', { algorithm: 'sliding-counter', limit: 10, windowMs });
  const decision = await limiter.check(client);
  const elapsed = seconds * 1000 - slot * windowMs;
  if (windowMs - elapsed > 1000) assert.equal(decision.admitted, false);
  await redis.hset(key, { slot: slot - 2, current: 1_000_000, previous: 1_000_000 });
  assert.equal((await limiter.check(client)).remaining, 9);
});

test('token bucket: a clock that went back neither fills nor drains', async () => {
  const client = randomUUID();
  const [seconds] = await redis.time();
  await redis.hset(`rl:{${client}}:test`, { tokens: 4, at: (seconds + 60) * 1000 });
  const limiter = createLimiter(redis, 'test', {
    algorithm: 'token-bucket',
    capacity: 10,
    ratePerSecond: 100,
  });
  assert.deepEqual(await limiter.check(client), { admitted: true, remaining: 3, waitMs: 0 });
});

test('token bucket: a refusal writes nothing, an expensive request takes its cost', async () => {
  const client = randomUUID();
  const limiter = createLimiter(redis, 'test', {
    algorithm: 'token-bucket',
    capacity: 10,
    ratePerSecond: 0.001,
  });
  assert.equal((await limiter.check(client, 8)).remaining, 2);
  const before = await redis.hgetall(`rl:{${client}}:test`);
  assert.equal((await limiter.check(client, 3)).admitted, false);
  assert.deepEqual(await redis.hgetall(`rl:{${client}}:test`), before);
  assert.throws(() => limiter.check(client, 11), RangeError);
});

test('a policy that makes no sense is refused at start', () => {
  for (const policy of [
    { algorithm: 'fixed-window', limit: 0, windowMs: 1000 },
    { algorithm: 'sliding-log', limit: 2.5, windowMs: 1000 },
    { algorithm: 'sliding-counter', limit: 5, windowMs: 0.5 },
    { algorithm: 'token-bucket', capacity: 5, ratePerSecond: 0 },
  ] satisfies Policy[]) {
    assert.throws(() => createLimiter(redis, 'test', policy), RangeError);
  }
});

test('the HTTP answer tells what is left and when to come back', () => {
  const policy: Policy = { algorithm: 'token-bucket', capacity: 20, ratePerSecond: 10 };
  assert.deepEqual(httpAnswer({ admitted: true, remaining: 19, waitMs: 0 }, policy), {
    status: 200,
    headers: { 'RateLimit-Policy': '"default";q=20;w=2', RateLimit: '"default";r=19' },
  });
  assert.deepEqual(httpAnswer({ admitted: false, remaining: 0, waitMs: 1001 }, policy), {
    status: 429,
    headers: { 'RateLimit-Policy': '"default";q=20;w=2', RateLimit: '"default";r=0;t=2', 'Retry-After': '2' },
  });
});
