import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { cached, keyOf } from './basic.ts';
import { Database } from './database.ts';
import { bestSellers, type BestSeller } from './sales.ts';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
const database = await Database.open();
after(async () => {
  redis.disconnect();
  await database.close();
});
const someKey = () => `essai:${randomUUID()}`;

test('the base is the same everywhere: 120,000 sales of a fixed seed', async () => {
  const [counted] = await database.ask('SELECT count(*) AS sales, sum(quantity) AS copies FROM sales');
  assert.deepEqual({ ...counted }, { sales: 120_000, copies: 239_650 });
  const rows = await database.ask<BestSeller>(bestSellers, 1, 90);
  assert.equal(rows.length, 36);
  assert.deepEqual(
    { ...rows[0] },
    { shelf: 0, place: 1, title: 'livre-1896', copies: 11, revenue: 32_164, share: 4.3 },
  );
});

test('a miss asks the base once, a hit does not', async () => {
  const key = someKey();
  const before = database.queries;
  const load = () => database.ask<BestSeller>(bestSellers, 1, 90);
  const first = await cached(redis, key, 60_000, load);
  const second = await cached(redis, key, 60_000, load);
  assert.deepEqual(
    second.map((row) => ({ ...row })),
    first.map((row) => ({ ...row })),
  );
  assert.equal(database.queries, before + 1);
  assert.ok((await redis.pttl(key)) > 50_000);
});

test('zero, false, an empty list and an empty text are results, not absences', async () => {
  for (const value of [0, false, [], '', null]) {
    const key = someKey();
    let loads = 0;
    const load = async () => (loads++, value);
    await cached(redis, key, 60_000, load);
    assert.deepEqual(await cached(redis, key, 60_000, load), value);
    assert.equal(loads, 1, JSON.stringify(value));
  }
});

test('Redis absent: the base answers', async () => {
  const absent = new Redis({
    port: 1,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  absent.on('error', () => {});
  assert.equal(await cached(absent, someKey(), 60_000, async () => 'la base'), 'la base');
  absent.disconnect();
});

test('a failure of the base is told and not kept', async () => {
  const key = someKey();
  await assert.rejects(
    cached(redis, key, 60_000, () => database.ask('SELECT title FROM nowhere')),
    /nowhere/,
  );
  assert.equal(await redis.exists(key), 0);
});

test('the same call written in another order has the same name, another one has not', () => {
  assert.equal(keyOf('p', { city: 1, days: 90 }), keyOf('p', { days: 90, city: 1 }));
  assert.notEqual(keyOf('p', { city: 1, days: 90 }), keyOf('p', { city: 19, days: 0 }));
  assert.notEqual(keyOf('p', { a: '1&b=2' }), keyOf('p', { a: '1', b: '2' }));
});
