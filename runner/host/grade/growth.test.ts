import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Redis } from 'ioredis';
import type { Grown, Keys } from '../../../labs/kit.ts';
import { Rig } from '../rig.ts';
import { grow, orderOf } from './growth.ts';
import { keysOf, only } from './keys.ts';
import { arrivals, openLoop } from './open-loop.ts';
import { randomFrom } from './random.ts';

let rig: Rig;
let client: Redis;

before(async () => {
  rig = await Rig.open({}, 'grading');
});

after(() => rig.close());

test('the order of growth is told from values with a constant part', () => {
  const at = (cost: (size: number) => number) =>
    orderOf([1e3, 1e4, 1e5].map((size) => [size, cost(size)] as const));
  assert.equal(
    at(() => 7),
    'O(1)',
  );
  assert.equal(
    at((n) => 3 + 2 * Math.log2(n)),
    'O(log N)',
  );
  assert.equal(
    at((n) => 500 + n / 10),
    'O(N)',
  );
  assert.equal(
    at((n) => 10 + n),
    'O(N)',
  );
  assert.equal(
    at((n) => n * n),
    'O(N²)',
  );
});

test('real commands on real keys: KEYS and a whole set are O(N), a lookup is not', async () => {
  const { tap, port } = await rig.tap();
  client = await rig.client(port, { enableReadyCheck: false });
  const { admin } = rig.instance;
  let filled = 0;
  const arrange = async (size: number) => {
    const pipeline = admin.pipeline();
    for (; filled < size; filled++) pipeline.set(`k:${filled}`, filled).zadd('ranks', filled, `m:${filled}`);
    await pipeline.exec();
  };
  const measure = async (story: () => Promise<void>) => {
    const window = tap.record();
    await story();
    const { commands, bytesIn, bytesOut } = window;
    window.end();
    return { commands, bytes: bytesIn + bytesOut };
  };
  const told = async (story: () => Promise<unknown>) =>
    grow({ arrange, story }, keysOf(only(admin)), measure);
  const lookup = await told(() => client.zrevrange('ranks', 0, 9));
  assert.ok(lookup.order === 'O(1)' || lookup.order === 'O(log N)', JSON.stringify(lookup));
  await admin.flushall();
  filled = 0;
  const keys = await told(() => client.keys('nothing:*'));
  assert.deepEqual([keys.order, keys.measure], ['O(N)', 'serverUs'], JSON.stringify(keys.points));
});

test('a machine that is busy for a while blames nobody', async () => {
  let told = 0;
  /** At the last size, ten runs in a row are slowed down; `quiet` is what a run takes otherwise. */
  const grownBy = (quiet: (size: number) => number): Promise<Grown> => {
    let [size, slow] = [0, 10];
    const keys = {
      command: async (name: string) => {
        if (name !== 'INFO') return 'OK';
        told++;
        const disturbed = size === 100_000 && slow-- > 0;
        return `cmdstat_get:calls=1,usec=${quiet(size) + (disturbed ? 900 : 0)}`;
      },
    } as unknown as Keys;
    const arrange = async (items: number) => void (size = items);
    return grow({ arrange, story: async () => {} }, keys, async (story) => {
      await story();
      return { commands: 1, bytes: 30 };
    });
  };
  assert.equal((await grownBy(() => 150)).order, 'O(1)');
  assert.equal(told, 21, 'it is asked no more than it needs');
  assert.equal((await grownBy((size) => size / 100)).order, 'O(N)');
});

test('an open loop charges a stop to every call that should have left meanwhile', async () => {
  const random = randomFrom(7);
  let stopped: Promise<void> | null = null;
  const stopMs = 400;
  const loaded = await openLoop(
    { perSecond: 200, durationMs: 800, operation: (rank) => ({ op: 'f', args: [rank] }) },
    async () => {
      stopped ??= new Promise((go) => setTimeout(go, stopMs));
      await stopped;
    },
    async () => {},
    random,
  );
  assert.ok(loaded.asked > 100 && loaded.failed === 0);
  assert.ok(loaded.latencyMs.max >= stopMs - 2);
  // Half of the calls were meant to leave during the stop; a closed loop would have seen one slow call.
  const slow = arrivals(200, 800, randomFrom(7)).filter((at, _rank, [first]) => at < first + stopMs / 2);
  assert.ok(slow.length > 10);
  assert.ok(loaded.latencyMs.p95 > stopMs / 2, JSON.stringify(loaded.latencyMs));
  // The machine was not stopped, and that is known.
  assert.ok(loaded.machineMs.p50 < loaded.latencyMs.p50, JSON.stringify(loaded));
});
