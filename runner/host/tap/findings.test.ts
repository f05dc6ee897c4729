/** Each anti-pattern is provoked on a real server, and a way of doing the same well is found innocent. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Redis } from 'ioredis';
import { Keyspace } from '../keyspace.ts';
import type { Finding } from '../protocol.ts';
import { Rig, type RiggedTap } from '../rig.ts';
import { findings } from './findings.ts';

let rig: Rig;
let one: RiggedTap;
let client: Redis;
before(async () => {
  rig = await Rig.open();
  one = await rig.tap();
  client = await rig.client(one.port);
});
after(() => rig.close());
beforeEach(() => rig.instance.admin.flushall());

/** What is found in what this work sends. */
async function found(work: () => Promise<unknown>): Promise<Finding[]> {
  const keyspace = await Keyspace.open(rig.instance);
  const window = await keyspace.window();
  const recording = one.tap.record();
  await work();
  recording.end();
  const difference = await keyspace.difference(window, recording.written);
  keyspace.close();
  return findings(recording, difference);
}

const ids = (list: Finding[]) => list.map(({ id }) => id);
const numbers = (count: number) => Array.from({ length: count }, (_, place) => place);

interface Pair {
  id: string;
  /** What the sentence is made of, as far as it is certain. */
  data: Finding['data'];
  bad: () => Promise<unknown>;
  good: () => Promise<unknown>;
  prepare?: () => Promise<unknown>;
}

async function oneByOne(count: number, call: (place: number) => Promise<unknown>) {
  for (const place of numbers(count)) await call(place);
}

const pairs: Pair[] = [
  {
    id: 'n-plus-one',
    data: { command: 'GET', count: 12 },
    bad: () => oneByOne(12, (place) => client.get(`user:${place}`)),
    good: async () => {
      await client.mget(...numbers(12).map((place) => `user:${place}`));
      const pipeline = client.pipeline();
      for (const place of numbers(50)) pipeline.get(`user:${place}`);
      await pipeline.exec();
      // Twenty calls of a limiter are on one key: there is nothing to put together.
      await oneByOne(20, () => client.incr('counter'));
    },
  },
  {
    id: 'large-read',
    data: { command: 'HGETALL', count: 2000, times: 1 },
    prepare: () =>
      rig.instance.admin.hset('big', Object.fromEntries(numbers(2000).map((place) => [`f${place}`, place]))),
    bad: () => client.hgetall('big'),
    good: async () => {
      await client.hscan('big', 0, 'COUNT', 100);
      await client.hset('small', { a: 1 });
      await client.hgetall('small');
      await client.lrange('none', 0, -1);
    },
  },
  {
    id: 'large-read',
    data: { command: 'KEYS' },
    bad: () => client.keys('user:*'),
    good: () => client.scan(0, 'MATCH', 'user:*'),
  },
  {
    id: 'no-ttl',
    data: { key: 'session:1', count: 2 },
    bad: async () => {
      await client.set('session:1', 'x');
      await client.hset('cache:page', 'a', 1);
    },
    good: async () => {
      await client.set('session:1', 'x', 'EX', 60);
      await client.hset('cache:page', 'a', 1);
      await client.expire('cache:page', 60);
      await client.set('user:1', 'kept');
      await client.set('obsession', 'kept');
    },
  },
  {
    id: 'read-then-write',
    data: { key: 'stock', count: 1, read: 'GET', write: 'SET' },
    prepare: () => rig.instance.admin.set('stock', 5),
    bad: async () => {
      const left = Number(await client.get('stock'));
      await client.set('stock', left - 1);
    },
    good: async () => {
      await client.decr('stock');
      await client.watch('stock');
      const left = Number(await client.get('stock'));
      await client
        .multi()
        .set('stock', left - 1)
        .exec();
      if ((await client.get('lock')) === null) await client.set('lock', 1, 'EX', 5, 'NX');
      // A cache that is filled after a miss loses nobody's update.
      if ((await client.get('page')) === null) await client.set('page', 'html', 'EX', 60);
      await client.set('seen', 1, 'EX', 60);
      await client.get('seen');
    },
  },
  {
    id: 'read-then-write',
    data: { key: 'hits', read: 'GET', write: 'INCR' },
    prepare: () => rig.instance.admin.set('hits', 1),
    bad: async () => {
      if (Number(await client.get('hits')) < 10) await client.incr('hits');
    },
    good: async () => {
      await client.incr('hits');
      await client.get('hits');
    },
  },
  {
    id: 'eval-resent',
    data: { count: 4 },
    bad: () => oneByOne(4, () => client.eval("return redis.call('INCR', KEYS[1])", 1, 'n')),
    good: async () => {
      const sha = String(await client.script('LOAD', 'return 1'));
      await oneByOne(10, () => client.evalsha(sha, 0));
      await client.eval('return 1', 0);
      await client.eval('return 2', 0);
    },
  },
  {
    id: 'unbounded',
    data: { key: 'log', count: 150 },
    bad: () => {
      const pipeline = client.pipeline();
      for (const place of numbers(150)) pipeline.lpush('log', place);
      return pipeline.exec();
    },
    good: () => {
      const pipeline = client.pipeline();
      for (const place of numbers(150)) {
        pipeline.lpush('log', place).ltrim('log', 0, 99);
        pipeline.xadd('stream', 'MAXLEN', '~', 1000, '*', 'f', 'v');
        pipeline.zadd('window', place, `${place}`);
      }
      return pipeline.expire('window', 60).exec();
    },
  },
  {
    id: 'search-without-limit',
    data: { count: 1 },
    prepare: () => rig.instance.admin.call('FT.CREATE', 'idx', 'SCHEMA', 't', 'TEXT'),
    bad: () => client.call('FT.SEARCH', 'idx', '*'),
    good: () => client.call('FT.SEARCH', 'idx', '*', 'LIMIT', '0', '20'),
  },
  {
    id: 'large-value',
    data: { key: 'blob', bytes: 1_500_000 },
    bad: () => client.set('blob', 'x'.repeat(1_500_000)),
    good: () => client.set('blob', 'x'.repeat(500_000)),
  },
  {
    id: 'connection-per-request',
    data: { count: 6, commands: 6 },
    bad: () =>
      oneByOne(6, async () => {
        const own = await rig.client(one.port);
        await own.incr('n');
        await own.quit();
      }),
    good: async () => {
      const pool = await Promise.all(numbers(6).map(() => rig.client(one.port)));
      await oneByOne(60, (place) => pool[place % 6].incr('n'));
      await Promise.all(pool.map((own) => own.quit()));
    },
  },
  {
    id: 'blocking-shared',
    data: { command: 'BLPOP', count: 2 },
    bad: () => Promise.all([client.blpop('nothing', 0.2), client.set('a', 1), client.get('a')]),
    good: async () => {
      const own = await rig.client(one.port);
      await Promise.all([own.blpop('nothing', 0.2), client.set('a', 1), client.get('a')]);
      await own.xread('STREAMS', 'none', '0');
      own.disconnect();
    },
  },
];

for (const { id, data, bad, good, prepare } of pairs) {
  const what = `${id}: ${Object.values(data)
    .filter((value) => typeof value === 'string')
    .join(' ')}`;
  test(`${what} is found`, async () => {
    await prepare?.();
    const list = await found(bad);
    assert.deepEqual(ids(list), [id]);
    const [{ data: measured, commands }] = list;
    assert.deepEqual({ ...measured, ...data }, measured);
    assert.ok(commands.length > 0);
  });
  test(`${what} has an innocent way`, async () => {
    await prepare?.();
    assert.deepEqual(await found(good), []);
  });
}

test('a finding names the commands it concerns', async () => {
  await rig.instance.admin.set('k', 1);
  const [finding] = await found(async () => {
    await client.ping();
    await client.get('k');
    await client.ping();
    await client.set('k', 2);
  });
  assert.deepEqual(finding, {
    id: 'read-then-write',
    data: { key: 'k', count: 1, read: 'GET', write: 'SET' },
    commands: [1, 3],
  });
});
