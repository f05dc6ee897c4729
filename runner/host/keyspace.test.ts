import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Redis } from 'ioredis';
import { lookInside, pageOfKeys } from './keys.ts';
import { Keyspace } from './keyspace.ts';
import type { KeyspaceDifference } from './protocol.ts';
import { Rig, waitFor, type RiggedTap } from './rig.ts';

let rig: Rig;
let one: RiggedTap;
let client: Redis;
let keyspace: Keyspace;
before(async () => {
  rig = await Rig.open({ memory: 256 });
  one = await rig.tap();
  client = await rig.client(one.port);
});
after(async () => {
  keyspace.close();
  await rig.close();
});
beforeEach(async () => {
  await rig.instance.admin.flushall();
});

/** Learns the keys that are there, and says what this work changes. */
async function changed(work: () => Promise<unknown>, open = true): Promise<KeyspaceDifference> {
  if (open) {
    keyspace?.close();
    keyspace = await Keyspace.open(rig.instance);
  }
  const window = await keyspace.window();
  const recording = one.tap.record();
  await work();
  recording.end();
  return keyspace.difference(window, recording.written);
}

const names = ({ created, changed: same, deleted, more }: KeyspaceDifference) => ({
  created: created.map(({ key }) => key).toSorted(),
  changed: same.map((change) => change.after.key).toSorted(),
  deleted: deleted.map(({ key }) => key).toSorted(),
  more,
});

test('what is created, changed and deleted, and nothing else', async () => {
  await rig.instance.admin.mset('a', 1, 'b', 2, 'c', 3, 'd', 4, 'same', 5);
  const difference = await changed(async () => {
    await client.set('a', 9);
    await client.del('b');
    await client.expire('c', 100);
    await client.get('d');
    await client.set('same', 5);
    await client.hset('new', 'f', 'v');
    await client.set('gone', 1);
    await client.del('gone');
    await client.lpush('a', 'refused').catch(() => null);
  });
  assert.deepEqual(names(difference), { created: ['new'], changed: ['a', 'c'], deleted: ['b'], more: 0 });
  const [change] = difference.changed.filter(({ after: { key } }) => key === 'a');
  assert.deepEqual(change.before?.content, { kind: 'string', text: '1' });
  assert.deepEqual(change.after.content, { kind: 'string', text: '9' });
  const [expiring] = difference.changed.filter(({ after: { key } }) => key === 'c');
  assert.equal(expiring.before?.ttlMs, -1);
  assert.ok(expiring.after.ttlMs > 90_000);
  assert.deepEqual(difference.created[0].content, { kind: 'pairs', pairs: [['f', 'v']] });
  assert.deepEqual(difference.deleted[0].content, { kind: 'string', text: '2' });
});

test('keys that expire, that scripts make, that modules hold', async () => {
  await rig.instance.admin.set('dying', 1);
  const difference = await changed(async () => {
    await client.pexpire('dying', 5);
    await client.eval("redis.call('SET', 'undeclared', 1) redis.call('SET', KEYS[1], 1)", 1, 'declared');
    await client.call('JSON.SET', 'doc', '$', '{"a": 1}');
    await client.call('TS.ADD', 'series', 1000, 1.5);
    await client.call('BF.ADD', 'filter', 'x');
    await client.rename('declared', 'renamed');
    await waitFor(async () => (await client.exists('dying')) === 0);
  });
  assert.deepEqual(names(difference), {
    created: ['doc', 'filter', 'renamed', 'series', 'undeclared'],
    changed: [],
    deleted: ['dying'],
    more: 0,
  });
  const byKey = Object.fromEntries(difference.created.map((summary) => [summary.key, summary.content]));
  assert.deepEqual(byKey.doc, { kind: 'json', text: '{"a":1}' });
  assert.deepEqual(byKey.series, { kind: 'series', points: [[1000, 1.5]] });
  assert.equal(byKey.filter?.kind, 'opaque');
});

test('an eviction is a deletion', async () => {
  await rig.instance.admin.set('old', 'x'.repeat(1000));
  const difference = await changed(async () => {
    await rig.instance.admin.config('SET', 'maxmemory-policy', 'allkeys-random', 'maxmemory', '1');
    await client.set('late', 1).catch(() => null);
    await rig.instance.admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '256mb');
  });
  assert.ok(names(difference).deleted.includes('old'));
});

test('a key that died between two runs is new when it is written again', async () => {
  await rig.instance.admin.set('brief', 1, 'PX', 30);
  await changed(() => client.ping());
  await waitFor(async () => (await client.exists('brief')) === 0);
  assert.deepEqual(names(await changed(() => client.set('brief', 2), false)).created, ['brief']);
});

test('what a terminal wrote between two runs is not the next run’s doing', async () => {
  await rig.instance.admin.set('k', 1);
  await changed(() => client.ping());
  const stop = one.tap.observe({ arrived: (command) => keyspace.touched(command) });
  await client.set('k', 2);
  stop();
  const difference = await changed(() => client.set('k', 3), false);
  assert.deepEqual(difference.changed[0].before?.content, { kind: 'string', text: '2' });
  assert.deepEqual(names(await changed(() => client.set('k', 3), false)).changed, []);
});

test('FLUSHALL deletes all that was known', async () => {
  await rig.instance.admin.mset('a', 1, 'b', 2);
  const difference = await changed(async () => {
    await client.flushall();
    await client.set('c', 3);
  });
  assert.deepEqual(names(difference), { created: ['c'], changed: [], deleted: ['a', 'b'], more: 0 });
});

test('a change inside a large collection is seen, even beyond what is looked at', async () => {
  const members = Array.from({ length: 3000 }, (_, place) => [
    `m${String(place).padStart(4, '0')}`,
    place,
  ]).flat();
  await rig.instance.admin.hset('big', ...members);
  assert.deepEqual(names(await changed(() => client.hset('big', 'm2999', 'other'))).changed, ['big']);
  await rig.instance.admin.set('long', 'x'.repeat(5000));
  assert.deepEqual(names(await changed(() => client.setrange('long', 4000, 'y'))).changed, ['long']);
});

test('keys whose names are bytes are told apart', async () => {
  const key = Buffer.from([0, 255, 34]);
  const difference = await changed(() => client.set(key, 'v'));
  assert.deepEqual(names(difference).created, [String.raw`"\x00\xff\""`]);
  const inside = await lookInside(keyspace.reader, difference.created[0].key);
  assert.deepEqual(inside?.content, { kind: 'string', text: 'v' });
});

test('of a million keys two hundred are looked at, the others counted', async () => {
  for (let batch = 0; batch < 100; batch++) {
    const words = Array.from({ length: 10_000 }, (_, place) => [`m:${batch * 10_000 + place}`, 'v']).flat();
    await rig.instance.admin.mset(...words);
  }
  const difference = await changed(async () => {
    const pipeline = client.pipeline();
    for (let place = 0; place < 3000; place++) pipeline.set(`m:${place}`, 'w').set(`n:${place}`, 'w');
    await pipeline.exec();
  });
  const { created, changed: same } = names(difference);
  assert.equal(created.length + same.length, 200);
  assert.ok(created.every((key) => key.startsWith('n:')) && same.every((key) => key.startsWith('m:')));
  assert.ok(difference.changed.every((change) => change.before === null));
  assert.ok(difference.more >= 2800, `${difference.more}`);
  const [, events] = (await rig.instance.admin.call('CONFIG', 'GET', 'notify-keyspace-events')) as string[];
  assert.ok(events.includes('n'), 'new keys are told again to the next run');
});

test('the explorer shows every key once, a page at a time, with its type, time and size', async () => {
  await rig.instance.admin.mset(...Array.from({ length: 1500 }, (_, place) => [`user:${place}`, 'x']).flat());
  await rig.instance.admin.set('session', 'y', 'EX', 100);
  keyspace.close();
  keyspace = await Keyspace.open(rig.instance);
  const seen = new Map<string, number>();
  let cursor = '0';
  do {
    const page = await pageOfKeys(keyspace.reader, '*', cursor);
    assert.equal(page.total, 1501);
    for (const { key, ttlMs, type, length, memory } of page.keys) {
      assert.deepEqual([type, length], ['string', 1]);
      assert.ok(memory > 0);
      seen.set(key, ttlMs);
    }
    ({ cursor } = page);
  } while (cursor !== '0');
  assert.equal(seen.size, 1501);
  assert.ok(seen.get('session')! > 0 && seen.get('user:3') === -1);
  const matching = await pageOfKeys(keyspace.reader, 'sess*', '0');
  assert.deepEqual(
    matching.keys.map(({ key }) => key),
    ['session'],
  );
  assert.equal((await pageOfKeys(keyspace.reader, '*', 'not a cursor')).total, 1501);
});

test('a look inside every type', async () => {
  const { admin } = rig.instance;
  await admin.rpush('list', 'a', 'b');
  await admin.sadd('set', 'x');
  await admin.zadd('zset', 1.5, 'm', 2, 'n');
  await admin.xadd('stream', '1-1', 'f', 'v');
  await admin.call('CMS.INITBYDIM', 'sketch', 10, 2);
  await admin.call('TOPK.RESERVE', 'top', 3);
  await admin.call('TDIGEST.CREATE', 'digest');
  await admin.rpush('long', ...Array.from({ length: 500 }, (_, place) => `item ${place}`));
  await admin.set('wide', 'é'.repeat(5000));
  const look = async (key: string) => (await lookInside(keyspace.reader, key))?.content;
  assert.deepEqual(await look('list'), { kind: 'items', items: ['a', 'b'] });
  assert.deepEqual(await look('set'), { kind: 'items', items: ['x'] });
  assert.deepEqual(await look('zset'), {
    kind: 'scores',
    members: [
      ['m', 1.5],
      ['n', 2],
    ],
  });
  assert.deepEqual(await look('stream'), { kind: 'stream', entries: [{ id: '1-1', fields: [['f', 'v']] }] });
  for (const key of ['sketch', 'top', 'digest']) {
    const content = await look(key);
    assert.ok(content?.kind === 'opaque' && content.text.length > 10, key);
  }
  const long = await lookInside(keyspace.reader, 'long');
  assert.equal(long?.length, 500);
  assert.equal(long?.content.kind === 'items' && long.content.items.length, 100);
  const wide = await look('wide');
  assert.equal(wide?.kind === 'string' && wide.text, `${'é'.repeat(199)}…`);
  assert.equal(await lookInside(keyspace.reader, 'none'), null);
});
