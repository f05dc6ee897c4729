/** Races on a real server: every planted one is found each time, and no correct shape is ever blamed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Redis } from 'ioredis';
import { Failure, must, type Race } from '../../../labs/kit.ts';
import { Rig, waitFor } from '../rig.ts';
import { Schedule } from '../tap/hold.ts';
import type { Tap } from '../tap/tap.ts';
import { interrupt } from './interruption.ts';
import { explore } from './race.ts';

let rig: Rig;
const sides: { tap: Tap; client: Redis }[] = [];
let scenes = 0;

before(async () => {
  rig = await Rig.open();
  for (let side = 0; side < 2; side++) {
    const { tap, port } = await rig.tap();
    tap.roundTripMs = 1;
    sides.push({ tap, client: await rig.client(port) });
  }
});

after(() => rig.close());

const taps = (): [Tap, Tap] => [sides[0].tap, sides[1].tap];
/** The proof of the note was 100; a test that runs at each commit takes fewer. */
const RUNS = Number(process.env.ATELIER_RUNS ?? 15);

/** Two clients that each take one of a stock of one, in this way. */
function stock(take: (client: Redis, key: string) => Promise<boolean>): Race<string, boolean, boolean> {
  return {
    async arrange() {
      const key = `stock:${scenes++}`;
      await rig.instance.admin.set(key, 1);
      return key;
    },
    first: (key) => take(sides[0].client, key),
    meanwhile: (key) => take(sides[1].client, key),
    property(_key, one, another) {
      must(!(one && another), 'oversold');
      must(one || another, 'unsold');
    },
  };
}

const found = async (race: Race<string, boolean, boolean>): Promise<Failure | null> =>
  explore(race, taps, (...all) => new Schedule(...all)).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );

const wrong: Record<string, (client: Redis, key: string) => Promise<boolean>> = {
  async 'reads, then decrements'(client, key) {
    if (Number(await client.get(key)) < 1) return false;
    await client.decr(key);
    return true;
  },
  async 'reads, then writes what it computed'(client, key) {
    const left = Number(await client.get(key));
    if (left < 1) return false;
    await client.set(key, left - 1);
    return true;
  },
  async 'reads in a pipeline whose second half writes'(client, key) {
    const [[, left]] = (await client.pipeline().get(key).incr(`${key}:asked`).exec())!;
    if (Number(left) < 1) return false;
    await client.multi().decr(key).exec();
    return true;
  },
};

const right: Record<string, (client: Redis, key: string) => Promise<boolean>> = {
  async 'one script'(client, key) {
    const lua =
      "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    return (await client.eval(lua, 1, key)) === 1;
  },
  async 'one command, whose reply decides'(client, key) {
    return (await client.decr(key)) >= 0;
  },
  async 'WATCH and MULTI, tried again'(client, key) {
    for (;;) {
      await client.watch(key);
      if (Number(await client.get(key)) < 1) return false;
      if ((await client.multi().decr(key).exec()) !== null) return true;
    }
  },
  async 'a lock with its owner'(client, key) {
    const owner = `${Math.random()}`;
    while ((await client.set(`${key}:lock`, owner, 'PX', 5000, 'NX')) === null)
      await new Promise((go) => setTimeout(go, 2));
    const left = Number(await client.get(key));
    if (left > 0) await client.set(key, left - 1);
    await client.eval(
      "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end",
      1,
      `${key}:lock`,
      owner,
    );
    return left > 0;
  },
};

for (const [name, take] of Object.entries(wrong)) {
  test(`a taker that ${name} oversells, ${RUNS} times of ${RUNS}`, async () => {
    for (let run = 0; run < RUNS; run++) {
      const failure = await found(stock(take));
      assert.equal(failure?.code, 'oversold', `run ${run}`);
      assert.ok(failure.timeline!.some(({ held }) => held));
    }
  });
}

for (const [name, take] of Object.entries(right)) {
  test(`${name}: nobody is blamed in ${RUNS} runs`, async () => {
    for (let run = 0; run < RUNS; run++)
      assert.equal((await found(stock(take)))?.code, undefined, `run ${run}`);
  });
}

test("a lock released by someone else's hand is found", async () => {
  const take = async (client: Redis, key: string): Promise<boolean> => {
    const lock = `${key}:lock`;
    const owner = `${Math.random()}`;
    if ((await client.set(lock, owner, 'NX')) === null) return false;
    const mine = (await client.get(lock)) === owner;
    if (mine) await client.del(lock);
    return true;
  };
  const race: Race<string, boolean, void> = {
    arrange: async () => `job:${scenes++}`,
    first: (key) => take(sides[0].client, key),
    // The lock expires and another owner takes it.
    meanwhile: async (key) => void (await rig.instance.admin.set(`${key}:lock`, 'another')),
    event: 'le verrou expire, un autre le prend',
    async property(key) {
      must((await rig.instance.admin.get(`${key}:lock`)) === 'another', 'lock-of-another-released');
    },
  };
  for (let run = 0; run < RUNS; run++) {
    await assert.rejects(
      explore(race, taps, (...all) => new Schedule(...all)),
      (error: Failure) => {
        assert.equal(error.code, 'lock-of-another-released');
        assert.ok(error.timeline!.some(({ command }) => command.startsWith('le verrou expire')));
        return true;
      },
    );
  }
});

test('what was sent before an interruption and answered after it began does not count', async () => {
  const [{ tap, client }] = sides;
  const earlier = client.blpop('queue', 0);
  await waitFor(() => tap.outstanding > 0);
  const interruption = interrupt(tap, 0);
  await rig.instance.admin.lpush('queue', 'x');
  await earlier;
  const command = client.get('k');
  await interruption.held;
  interruption.release();
  await command;
  assert.deepEqual(
    interruption.end().map((moment) => moment.command),
    ['get k'],
  );
});
