import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { QueryCache, type Recipe } from './advanced.ts';
import { Database } from './database.ts';
import { bestSellers, sell } from './sales.ts';

const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
const redis = new Redis(url);
const second = new Redis(url);
const database = await Database.open();
after(async () => {
  redis.disconnect();
  second.disconnect();
  await database.close();
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(5)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}

/** A recipe that counts its loads, with the value of the day. */
function counting(value: () => unknown = () => 1, tags?: string[]) {
  const name = randomUUID();
  const recipe: Recipe<unknown> & { loads: number } = {
    key: `q:essai:${name}`,
    tags: tags ?? [`essai:${name}`],
    loads: 0,
    load: async () => {
      recipe.loads++;
      return value();
    },
  };
  return recipe;
}
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

test('computed once, then fresh, for every server', async () => {
  const recipe = counting(() => [{ a: 1 }]);
  assert.deepEqual(await new QueryCache(redis).get(recipe), { value: [{ a: 1 }], from: 'computed' });
  assert.deepEqual(await new QueryCache(second).get(recipe), { value: [{ a: 1 }], from: 'fresh' });
  assert.equal(recipe.loads, 1);
  assert.ok((await redis.pttl(recipe.key)) > 3_000_000);
  assert.equal(await redis.exists(`lock:${recipe.key}`), 0);
});

test('fifty callers on each of two servers: one computation', async () => {
  const caches = [new QueryCache(redis), new QueryCache(second)];
  const name = randomUUID();
  const before = database.queries;
  const recipe = { key: `q:${name}`, tags: [name], load: () => database.ask(bestSellers, 2, 365) };
  await Promise.all(Array.from({ length: 100 }, (_, n) => caches[n % 2]?.get(recipe)));
  assert.equal(database.queries, before + 1);
});

test('a caller that read before another server stored does not compute again', async () => {
  const recipe = counting();
  const { passed, open } = gate();
  /** Lit, puis traîne jusqu'à ce qu'un autre ait rangé. */
  class Late extends QueryCache {
    protected override async call<Reply>(operation: string, _again: boolean, action: () => Promise<Reply>) {
      const reply = await action();
      if (operation === 'read') await passed;
      return reply;
    }
  }
  const late = new Late(redis).get(recipe);
  await new QueryCache(second).get(recipe);
  open();
  assert.deepEqual(await late, { value: 1, from: 'fresh' });
  assert.equal(recipe.loads, 1);
  assert.equal(await redis.exists(`lock:${recipe.key}`), 0);
});

test('an invalidated result is computed again, and only those that carry the tag', async () => {
  const cache = new QueryCache(redis);
  const [shared, own, apart] = [randomUUID(), randomUUID(), randomUUID()];
  const [both, other] = [counting(() => 1, [shared, own]), counting(() => 2, [apart])];
  for (const recipe of [both, other]) await cache.get(recipe);
  await cache.invalidate(shared);
  assert.equal((await cache.get(both)).from, 'computed');
  assert.equal((await cache.get(other)).from, 'fresh');
});

test('a sale made while the result is being computed is never hidden by it', async () => {
  const cache = new QueryCache(redis);
  const tag = randomUUID();
  const { passed, open } = gate();
  let reading = false;
  const total = () => database.ask('SELECT sum(quantity) AS copies FROM sales WHERE city = 3');
  const slow = {
    key: `q:${tag}`,
    tags: [tag],
    load: async () => {
      const rows = await total();
      reading = true;
      await passed; // la base a répondu, l'entrée n'est pas encore écrite
      return rows;
    },
  };
  const late = cache.get(slow);
  await until(() => reading);
  await database.ask(sell, 7, 3, 1);
  await cache.invalidate(tag);
  open();
  await late;
  const seen = await new QueryCache(second).get({ ...slow, load: total });
  assert.deepEqual(seen.value, await total());
  assert.equal(seen.from, 'computed');
});

test('a caller that comes after the invalidation does not share a computation begun before', async () => {
  const cache = new QueryCache(redis);
  let truth = 'avant';
  const { passed, open } = gate();
  let loads = 0;
  const recipe = {
    key: `q:${randomUUID()}`,
    tags: [randomUUID()],
    load: async () => {
      const seen = truth;
      if (++loads === 1) await passed;
      return seen;
    },
  };
  const early = cache.get(recipe);
  await until(() => loads === 1);
  truth = 'après';
  await cache.invalidate(...recipe.tags);
  const late = cache.get(recipe);
  open();
  assert.equal((await early).value, 'avant');
  assert.equal((await late).value, 'après');
});

test('a tag that was evicted costs a computation, and never brings an old result back', async () => {
  const cache = new QueryCache(redis);
  let version = 1;
  const recipe = counting(() => version);
  await cache.get(recipe);
  const old = await redis.get(recipe.key);
  version = 2;
  await cache.invalidate(...recipe.tags);
  await cache.get(recipe);
  await redis.unlink(`tag:${recipe.tags[0]}`);
  await redis.set(recipe.key, old ?? '', 'KEEPTTL');
  assert.deepEqual(await cache.get(recipe), { value: 2, from: 'computed' });
});

test('past its freshness a result is served at once, and renewed behind', async () => {
  const cache = new QueryCache(redis, { freshMs: 1 });
  let version = 1;
  const recipe = counting(() => version);
  await cache.get(recipe);
  await sleep(5);
  version = 2;
  assert.deepEqual(await cache.get(recipe), { value: 1, from: 'stale' });
  await cache.settle();
  assert.equal(JSON.parse((await redis.get(recipe.key)) ?? '').v, 2);
});

test('a result whose computation is long is renewed before its end', async () => {
  const eager = new QueryCache(redis, { freshMs: 10_000, beta: 1e9 });
  const recipe = counting();
  await eager.get(recipe);
  await redis.set(
    recipe.key,
    ((await redis.get(recipe.key)) ?? '').replace(/"d":[\d.e-]+/, '"d":50'),
    'KEEPTTL',
  );
  assert.equal((await eager.get(recipe)).from, 'fresh');
  await eager.settle();
  assert.equal(recipe.loads, 2);
});

test('a server that died while computing is waited for, not for ever', async () => {
  const recipe = counting();
  await redis.set(`lock:${recipe.key}`, 'un mort', 'PX', 100);
  assert.deepEqual(await new QueryCache(redis).get(recipe), { value: 1, from: 'computed' });
  await redis.set(`lock:${recipe.key}`, 'un lent', 'PX', 60_000);
  const impatient = new QueryCache(redis, { waitMs: 60 });
  await redis.unlink(recipe.key);
  assert.deepEqual(await impatient.get(recipe), { value: 1, from: 'computed' });
  await redis.unlink(`lock:${recipe.key}`);
});

test('a slow server neither overwrites nor frees what became another server’s', async () => {
  const cache = new QueryCache(redis);
  const { passed, open } = gate();
  const recipe = counting();
  let started = false;
  const slow = { ...recipe, load: async () => ((started = true), await passed, 'vieux') };
  const late = cache.get(slow);
  await until(() => started);
  await redis.set(`lock:${recipe.key}`, 'un autre', 'PX', 60_000);
  await redis.set(recipe.key, 'le sien', 'PX', 60_000);
  open();
  assert.equal((await late).value, 'vieux');
  assert.deepEqual(await redis.mget(recipe.key, `lock:${recipe.key}`), ['le sien', 'un autre']);
  await redis.unlink(recipe.key, `lock:${recipe.key}`);
});

test('a failure of the base is told, kept by nobody, and frees the lock', async () => {
  const cache = new QueryCache(redis);
  const recipe = {
    key: `q:${randomUUID()}`,
    tags: ['x'],
    load: () => database.ask('SELECT title FROM nowhere'),
  };
  await assert.rejects(cache.get(recipe), /nowhere/);
  assert.equal(await redis.exists(recipe.key, `lock:${recipe.key}`), 0);
});

test('warming fills what it is told, and a failing query stops nobody', async () => {
  const cache = new QueryCache(redis);
  const recipes = Array.from({ length: 6 }, () => counting());
  const broken = { ...counting(), load: () => Promise.reject(new Error('base en panne')) };
  assert.equal(await cache.warm([broken, ...recipes], 3), 6);
  for (const recipe of recipes) assert.equal((await cache.get(recipe)).from, 'fresh');
});

test('every key dies by itself', async () => {
  const cache = new QueryCache(redis);
  const recipe = counting();
  await cache.get(recipe);
  for (const key of [recipe.key, `tag:${recipe.tags[0]}`]) assert.ok((await redis.pttl(key)) > 0, key);
});

test('a server that forgot its scripts is taught again', async () => {
  await redis.script('FLUSH');
  const recipe = counting();
  const cache = new QueryCache(redis);
  await cache.get(recipe);
  assert.equal((await cache.get(recipe)).from, 'fresh');
});
