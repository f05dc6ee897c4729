import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { resp, Rig, waitFor, type RiggedTap } from '../rig.ts';
import type { Redis } from 'ioredis';

let rig: Rig;
let one: RiggedTap;
let client: Redis;
before(async () => {
  rig = await Rig.open();
  one = await rig.tap();
  client = await rig.client(one.port);
});
after(() => rig.close());
beforeEach(async () => {
  one.tap.roundTripMs = 0;
  await rig.instance.admin.flushall();
});

test('each command is described as it was typed, with its keys, bytes and reply', async () => {
  const recording = one.tap.record();
  const script = 'return {KEYS[1], ARGV[1]}';
  await client.set('été', 'deux mots', 'EX', 10);
  await client.hset('h', { a: '1', b: Buffer.from([0, 255]) });
  await client.hgetall('h');
  await client.get('none');
  await client.eval(script, 1, 'k', 'v');
  await client.lpush('été', 'x').catch(() => {});
  const trace = recording.end();
  assert.deepEqual(
    trace.list.map(({ name, text, keys, replyKind, reply }) => ({ name, text, keys, replyKind, reply })),
    [
      { name: 'SET', text: 'set été "deux mots" EX 10', keys: ['été'], replyKind: 'status', reply: 'OK' },
      {
        name: 'HSET',
        text: String.raw`hset h a 1 b "\x00\xff"`,
        keys: ['h'],
        replyKind: 'integer',
        reply: '(integer) 2',
      },
      {
        name: 'HGETALL',
        text: 'hgetall h',
        keys: ['h'],
        replyKind: 'map',
        reply: String.raw`{"a": "1", "b": "\x00\xff"}`,
      },
      { name: 'GET', text: 'get none', keys: ['none'], replyKind: 'null', reply: '(nil)' },
      {
        name: 'EVAL',
        text: `eval ${JSON.stringify(script)} 1 k v`,
        keys: ['k'],
        replyKind: 'array',
        reply: '["k", "v"]',
      },
      {
        name: 'LPUSH',
        text: 'lpush été x',
        keys: ['été'],
        replyKind: 'error',
        reply: '(error) WRONGTYPE Operation against a key holding the wrong kind of value',
      },
    ],
  );
  assert.equal(trace.list[0].argumentBytes, Buffer.byteLength('étédeux motsEX10'));
  assert.equal(trace.list[0].replyBytes, '+OK\r\n'.length);
  assert.equal(trace.errors, 1);
  assert.deepEqual(
    trace.list.map(({ roundTrip }) => roundTrip),
    [1, 2, 3, 4, 5, 6],
  );
  assert.ok(trace.list.every(({ durationMs, startMs }) => durationMs > 0 && startMs >= 0));
  assert.ok(
    trace.redisMs > 0 &&
      trace.redisMs <= trace.list.reduce((sum, command) => sum + command.durationMs, 0) + 1,
  );
});

for (const delay of [0, 1]) {
  test(`round trips are those the client waits for (${delay} ms added)`, async () => {
    one.tap.roundTripMs = delay;
    const count = async (work: () => Promise<unknown>) => {
      const recording = one.tap.record();
      await work();
      const { roundTrips, commands } = recording.end();
      return [roundTrips, commands];
    };
    for (let turn = 0; turn < 20; turn++) {
      assert.deepEqual(
        await count(async () => {
          for (let i = 0; i < 7; i++) await client.incr('n');
        }),
        [7, 7],
      );
      const pipeline = client.pipeline();
      for (let i = 0; i < 300; i++) pipeline.set(`k${i}`, i);
      assert.deepEqual(await count(() => pipeline.exec()), [1, 300]);
      assert.deepEqual(await count(() => client.multi().incr('n').incr('n').exec()), [1, 4]);
      // Sent one write each, but before any answer: with a real delay they are always one round trip.
      if (delay > 0)
        assert.deepEqual(
          await count(() => Promise.all(Array.from({ length: 10 }, () => client.incr('n')))),
          [1, 10],
        );
    }
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

test('a pipeline pays the added round trip once, a sequence pays it each time', async () => {
  one.tap.roundTripMs = 20;
  const pipeline = client.pipeline();
  for (let i = 0; i < 100; i++) pipeline.incr('n');
  const together = await timed(() => pipeline.exec());
  const apart = await timed(async () => {
    for (let i = 0; i < 10; i++) await client.incr('n');
  });
  assert.ok(together >= 20 && together < 20 * 100, `${together}`);
  assert.ok(apart >= 200, `${apart}`);
  const recording = one.tap.record();
  await client.get('n');
  assert.ok(recording.end().list[0].durationMs >= 20);
});

test('replies keep their order when the delay changes', async () => {
  one.tap.roundTripMs = 30;
  const wire = await rig.wire(one.port);
  wire.write(resp('ECHO', 'first'));
  await waitFor(() => one.tap.outstanding === 1);
  one.tap.roundTripMs = 0;
  wire.write(resp('ECHO', 'second'));
  assert.match(await wire.until('second\r\n'), /first\r\n\$6\r\nsecond/);
});

test('the first two thousand are listed, the others counted', async () => {
  const recording = one.tap.record();
  const pipeline = client.pipeline();
  for (let i = 0; i < 2500; i++) pipeline.set(`k${i}`, 'v');
  for (let i = 0; i < 500; i++) pipeline.get(`k${i}`);
  await pipeline.exec();
  const trace = recording.end();
  assert.equal(trace.commands, 3000);
  assert.equal(trace.list.length, 2000);
  assert.deepEqual(
    trace.totals.map(({ name, count }) => [name, count]),
    [
      ['SET', 2500],
      ['GET', 500],
    ],
  );
  assert.ok(trace.totals.every(({ bytes, ms }) => bytes > 0 && ms > 0));
  assert.equal(recording.written.keys.size, 1000);
  assert.equal(recording.written.more, 1500);
});

test('a trace is never larger than a megabyte, whatever is in the commands', async () => {
  const recording = one.tap.record();
  const pipeline = client.pipeline();
  const long = 'x'.repeat(900);
  for (let i = 0; i < 1900; i++)
    pipeline.mget(...Array.from({ length: 20 }, (_, place) => `${long}${i}-${place}`));
  await pipeline.exec();
  const trace = recording.end();
  assert.equal(trace.commands, 1900);
  assert.ok(JSON.stringify(trace).length < 2 * 1024 * 1024);
  const characters = trace.list.reduce(
    (sum, command) => sum + command.text.length + command.reply.length + command.keys.join('').length,
    0,
  );
  assert.ok(characters < 1.1 * 1024 * 1024, `${characters}`);
});

test('windows overlap, and none sees what came before it', async () => {
  const outer = one.tap.record({ commands: 0 });
  await client.incr('n');
  const inner = one.tap.record();
  await client.incr('n');
  assert.equal(inner.commands, 1);
  inner.end();
  await client.incr('n');
  const trace = outer.end();
  assert.deepEqual([trace.commands, trace.list.length, inner.end().commands], [3, 0, 1]);
});

test('what still waits at the end is listed without a reply', async () => {
  const wire = await rig.wire(one.port);
  const recording = one.tap.record();
  wire.write(resp('BLPOP', 'nothing', 0));
  await waitFor(() => recording.commands === 1);
  const trace = recording.end();
  assert.deepEqual(
    trace.list.map(({ name, replyKind }) => [name, replyKind]),
    [['BLPOP', 'none']],
  );
  wire.socket.destroy();
});

test('names that no server knows cannot fill the totals', async () => {
  const wire = await rig.wire(one.port);
  const recording = one.tap.record();
  for (let i = 0; i < 1000; i++) wire.write(resp(`NOSUCH${i}`));
  await waitFor(() => recording.errors === 1000);
  assert.deepEqual(
    recording.end().totals.map(({ name, count }) => [name, count]),
    [['?', 1000]],
  );
  wire.socket.destroy();
});

test('keys of another database are not those of the lesson', async () => {
  const wire = await rig.wire(one.port);
  const recording = one.tap.record();
  wire.write(
    Buffer.concat([
      resp('SET', 'zero', 1),
      resp('SELECT', 3),
      resp('SET', 'three', 1),
      resp('RESET'),
      resp('SET', 'again', 1),
      resp('FLUSHDB'),
    ]),
  );
  await waitFor(() => one.tap.outstanding === 0 && recording.commands === 6);
  assert.deepEqual([...recording.written.keys.keys()], ['zero', 'again']);
  assert.equal(recording.written.everything, true);
  recording.end();
  wire.socket.destroy();
});
