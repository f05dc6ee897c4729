import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { check } from './basic.ts';

const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
const [redis, other] = [new Redis(url), new Redis(url)];
after(() => [redis, other].forEach((connection) => connection.disconnect()));

test('two gateways that ask at once admit exactly the limit', async () => {
  const client = randomUUID();
  const decisions = await Promise.all(
    Array.from({ length: 50 }, (_, i) => check(i % 2 ? redis : other, client, 10, 60_000)),
  );
  assert.equal(decisions.filter((decision) => decision.admitted).length, 10);
  for (const decision of decisions.filter((one) => !one.admitted)) {
    assert.equal(decision.remaining, 0);
    assert.ok(decision.waitMs > 0 && decision.waitMs <= 60_000);
  }
});

test('the window is set once: a steady, well-behaved client is never banned', async () => {
  const client = randomUUID();
  const key = `rl:{${client}}`;
  await check(redis, client, 5, 60_000);
  await redis.pexpire(key, 30_000);
  await check(redis, client, 5, 60_000);
  assert.ok((await redis.pttl(key)) <= 30_000);
});

test('a key left without expiry by an older version is mended at the first refusal', async () => {
  const client = randomUUID();
  await redis.set(`rl:{${client}}`, 99);
  const decision = await check(redis, client, 10, 5000);
  assert.deepEqual(decision, { admitted: false, remaining: 0, waitMs: 5000 });
  assert.ok((await redis.pttl(`rl:{${client}}`)) > 0);
});

test('a window that has ended admits again', async () => {
  const client = randomUUID();
  assert.equal((await check(redis, client, 1, 60_000)).admitted, true);
  assert.equal((await check(redis, client, 1, 60_000)).admitted, false);
  await redis.pexpire(`rl:{${client}}`, 1);
  while (await redis.exists(`rl:{${client}}`));
  assert.equal((await check(redis, client, 1, 60_000)).admitted, true);
});
