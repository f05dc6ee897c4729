import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Recipe } from './advanced.ts';
import { Bulkhead } from './bulkhead.ts';
import { Database } from './database.ts';
import { CacheUnavailable, ReliableCache, SourceOverloaded, type Settings } from './production.ts';
import { bestSellers, sell } from './sales.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let database: Database;
const opened: ReliableCache[] = [];
before(async () => {
  twin = await startTwin();
  database = await Database.open();
});
afterEach(async () => {
  twin.thaw();
  for (const cache of opened.splice(0)) await cache.shutdown(100);
});
after(async () => {
  await twin.stop();
  await database.close();
});

const lines: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

async function connect(settings: Partial<Settings> = {}, ages = {}): Promise<ReliableCache> {
  const cache = new ReliableCache(
    { url: twin.url, commandTimeoutMs: 500, backoffMs: 5, owedEveryMs: 50, ...settings },
    ages,
    log,
  );
  opened.push(cache);
  await until(() => cache.redis.status === 'ready');
  return cache;
}
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}
function palmares(city = 1, days = 90): Recipe<unknown> & { queries: number } {
  const tag = `ville:${randomUUID()}`;
  const recipe = {
    key: `q:${tag}:${days}`,
    tags: [tag],
    queries: 0,
    load: () => {
      recipe.queries++;
      return database.ask(bestSellers, city, days);
    },
  };
  return recipe;
}
const valueOf = async (cache: ReliableCache, series: string) =>
  Number(
    (await cache.metrics())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  );

test('everything the cache does, it does', async () => {
  const cache = await connect();
  const recipe = palmares();
  assert.equal((await cache.serve(recipe)).from, 'computed');
  assert.equal((await cache.serve(recipe)).from, 'fresh');
  await database.ask(sell, 1, 1, 1);
  await cache.invalidate(...recipe.tags);
  assert.equal((await cache.serve(recipe)).from, 'computed');
  assert.equal(await valueOf(cache, 'cache_requests_total{from="computed"}'), 2);
});

test('Redis down: a known result comes from memory, an unknown one from the base, nobody fails, then all returns', async () => {
  const cache = await connect({ breakerRestMs: 50 });
  const [known, unseen] = [palmares(), palmares(2)];
  await cache.serve(known);
  await twin.kill();
  await until(() => cache.redis.status !== 'ready');
  assert.equal((await cache.serve(known)).from, 'copy');
  const served = await Promise.all(Array.from({ length: 30 }, () => cache.serve(unseen)));
  assert.ok(served.every(({ from }) => from === 'bypass'));
  assert.equal(unseen.queries, 1, 'thirty callers asked the base for the same thing');
  assert.equal(await valueOf(cache, 'cache_redis_up'), 0);
  await twin.start();
  await until(async () => (await cache.serve(known)).from === 'computed');
  assert.equal(await valueOf(cache, 'cache_redis_up'), 1);
});

test('Redis down and a crowd of different questions: the base gets four at a time, the last ones are refused', async () => {
  const cache = await connect({ sqlWidth: 2, sqlQueue: 4 });
  await twin.kill();
  await until(() => cache.redis.status !== 'ready');
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => cache.serve(palmares(n % 8))),
  );
  const refused = answers.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 14);
  for (const answer of refused)
    assert.ok(answer.status === 'rejected' && answer.reason instanceof SourceOverloaded);
  assert.equal(await valueOf(cache, 'cache_requests_total{from="refused"}'), 14);
  await twin.start();
});

test('Redis frozen: nobody waits longer than the time-outs, then the breaker answers at once', async () => {
  const cache = await connect({ commandTimeoutMs: 60, breakerRestMs: 60_000 });
  const recipe = palmares();
  await cache.serve(recipe);
  twin.freeze();
  await until(async () => {
    assert.equal((await cache.serve(recipe)).from, 'copy');
    return (await valueOf(cache, 'cache_breaker_state')) === 2;
  });
  assert.ok((await valueOf(cache, 'cache_retries_total{failure="timeout"}')) > 0);
  assert.equal((await cache.serve(recipe)).from, 'copy');
});

test('an invalidation that Redis did not hear is told, owed, and paid when it comes back', async () => {
  const cache = await connect({ commandTimeoutMs: 60, invalidateAttempts: 2, breakerRestMs: 50 });
  const recipe = palmares(3);
  await cache.serve(recipe);
  twin.freeze();
  await database.ask(sell, 1, 3, 1);
  await assert.rejects(cache.invalidate(...recipe.tags), CacheUnavailable);
  assert.equal((await cache.serve(recipe)).from, 'bypass', 'an owed tag was served from memory');
  assert.ok((await valueOf(cache, 'cache_invalidations_owed')) >= 1);
  twin.thaw();
  await until(async () => (await valueOf(cache, 'cache_invalidations_owed')) === 0);
  const { value } = await cache.serve(recipe);
  assert.deepEqual(value, await database.ask(bestSellers, 3, 90));
});

test('Redis read-only: results are still read, an invalidation is owed', async () => {
  const cache = await connect({ invalidateAttempts: 2 });
  const [recipe, unseen] = [palmares(), palmares(4)];
  await cache.serve(recipe);
  const admin = twin.admin();
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  try {
    await until(async () => (await cache.serve(recipe)).from === 'fresh');
    assert.equal((await cache.serve(unseen)).from, 'bypass');
    await assert.rejects(cache.invalidate(...recipe.tags), CacheUnavailable);
  } finally {
    await admin.call('REPLICAOF', 'NO', 'ONE');
  }
  await until(async () => (await valueOf(cache, 'cache_invalidations_owed')) === 0);
  assert.equal((await cache.serve(recipe)).from, 'computed');
});

test('Redis full: results are read, a new one is not kept, and an invalidation still passes', async () => {
  const cache = await connect();
  const [recipe, unseen] = [palmares(), palmares(5)];
  await cache.serve(recipe);
  const admin = twin.admin();
  await admin.config('SET', 'maxmemory', '1');
  try {
    assert.equal((await cache.serve(recipe)).from, 'fresh');
    assert.equal((await cache.serve(unseen)).from, 'bypass');
    assert.equal(await valueOf(cache, 'cache_breaker_state'), 0);
    await cache.invalidate(...recipe.tags);
    assert.notEqual((await cache.serve(recipe)).from, 'fresh');
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
});

test('a result that Redis refuses to keep is served all the same', async () => {
  const cache = await connect();
  const recipe = palmares();
  const admin = twin.admin();
  const filling = {
    ...recipe,
    load: async () => (await admin.config('SET', 'maxmemory', '1'), recipe.load()),
  };
  try {
    assert.equal((await cache.serve(filling)).from, 'computed');
    assert.equal(await valueOf(cache, 'cache_unsaved_total'), 1);
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
});

test('a defect of the code is thrown as it is, and opens no breaker', async () => {
  const cache = await connect();
  const recipe = { ...palmares(), load: () => Promise.reject(new TypeError('défaut')) };
  for (let n = 0; n < 6; n++) await assert.rejects(cache.serve(recipe), TypeError);
  assert.equal(await valueOf(cache, 'cache_breaker_state'), 0);
});

test('a log line says where a result came from', async () => {
  const cache = await connect();
  const recipe = palmares();
  lines.length = 0;
  await cache.serve(recipe);
  const line = lines.find(({ event }) => event === 'serve') ?? {};
  assert.deepEqual(
    [line.from, line.key, typeof line.latency_ms, line.ttl_ms],
    ['computed', recipe.key, 'number', 3_600_000],
  );
});

test('shutting down lets the calls under way finish and refuses the others', async () => {
  const cache = await connect();
  const underWay = cache.serve(palmares());
  const stopping = cache.shutdown();
  await assert.rejects(cache.serve(palmares()), CacheUnavailable);
  assert.equal((await underWay).from, 'computed');
  await stopping;
  await until(() => cache.redis.status === 'end');
});

test('a bulkhead lets so many through, keeps so many waiting, and gives its places back', async () => {
  const bulkhead = new Bulkhead(2, 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const [one, two, three] = [1, 2, 3].map(() => bulkhead.run(() => promise));
  await assert.rejects(
    bulkhead.run(() => promise),
    SourceOverloaded,
  );
  assert.equal(bulkhead.running, 2);
  resolve();
  await Promise.all([one, two, three]);
  assert.equal(bulkhead.running, 0);
  await assert.rejects(
    bulkhead.run(() => Promise.reject(new Error('raté'))),
    /raté/,
  );
  assert.equal(bulkhead.running, 0);
});
