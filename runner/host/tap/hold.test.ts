import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Redis } from 'ioredis';
import { resp, Rig, waitFor, type RiggedTap } from '../rig.ts';
import { Schedule, type ScheduleResult, type Turn } from './hold.ts';

let rig: Rig;
let taps: [RiggedTap, RiggedTap];
let clients: [Redis, Redis];
before(async () => {
  rig = await Rig.open();
  taps = [await rig.tap(), await rig.tap()];
  clients = [await rig.client(taps[0].port), await rig.client(taps[1].port)];
});
after(() => rig.close());
beforeEach(() => rig.instance.admin.flushall());

type Call = (client: Redis) => Promise<unknown>;

/** Both processes make their call in this order. */
async function race(first: Call, second: Call, turns: Turn[]): Promise<ScheduleResult> {
  const schedule = new Schedule([taps[0].tap, taps[1].tap], turns);
  await Promise.all([
    first(clients[0]).finally(() => schedule.finished(0)),
    second(clients[1]).finally(() => schedule.finished(1)),
  ]);
  return schedule.end();
}

/** The first is stopped after so many commands, while the other goes through. */
const stopped = (commands: number): Turn[] => [
  { process: 0, commands },
  { process: 1, commands: 'call' },
  { process: 0, commands: 'call' },
];

const getThenIncr: Call = async (client) => {
  const seen = Number(await client.get('n')) || 0;
  await client.set('n', seen + 1);
};

test('GET then SET loses an update, 100 times of 100', async () => {
  for (let turn = 0; turn < 100; turn++) {
    await rig.instance.admin.del('n');
    const result = await race(getThenIncr, getThenIncr, stopped(1));
    assert.equal(await rig.instance.admin.get('n'), '1', `turn ${turn}`);
    assert.equal(result.outcome, 'followed');
    assert.deepEqual(
      result.timeline.map(({ process, command }) => `${process} ${command}`),
      ['0 get n', '1 get n', '1 set n 1', '0 set n 1'],
    );
  }
});

test('a check before an INCR lets one through too many, 100 times of 100', async () => {
  const takeOne: Call = async (client) => {
    const seen = Number(await client.get('n')) || 0;
    if (seen < 1) await client.incr('n');
  };
  for (let turn = 0; turn < 100; turn++) {
    await rig.instance.admin.del('n');
    await race(takeOne, takeOne, stopped(1));
    assert.equal(await rig.instance.admin.get('n'), '2', `turn ${turn}`);
  }
});

const rightAnswers: Record<string, Call> = {
  'one command': (client) => client.incr('n'),
  'a script': (client) =>
    client.eval("return redis.call('SET', KEYS[1], (redis.call('GET', KEYS[1]) or 0) + 1)", 1, 'n'),
  'WATCH and MULTI': async (client) => {
    for (;;) {
      await client.watch('n');
      const seen = Number(await client.get('n')) || 0;
      if (
        await client
          .multi()
          .set('n', seen + 1)
          .exec()
      )
        return;
    }
  },
  'a lock with pauses': async (client) => {
    while ((await client.set('lock', '1', 'PX', 5000, 'NX')) === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await getThenIncr(client);
    await client.del('lock');
  },
  'a lock that spins': async (client) => {
    while ((await client.set('lock', '1', 'PX', 5000, 'NX')) === null);
    await getThenIncr(client);
    await client.del('lock');
  },
  'a lock that somebody pushes': async (client) => {
    await client.blpop('turn', 5);
    await getThenIncr(client);
    await client.rpush('turn', 'free');
  },
};

for (const [what, answer] of Object.entries(rightAnswers)) {
  test(`${what}: no update is lost wherever the other is stopped`, async () => {
    for (let commands = 1; commands <= 5; commands++) {
      await rig.instance.admin.flushall();
      await rig.instance.admin.rpush('turn', 'free');
      const result = await race(answer, answer, stopped(commands));
      assert.equal(await rig.instance.admin.get('n'), '2', `stopped after ${commands}`);
      assert.notEqual(result.outcome, 'stalled');
      assert.ok(result.timeline.every(({ heldMs }) => heldMs < 1000));
    }
  });
}

test('a lock is said to block, and why', async () => {
  const spins = await race(rightAnswers['a lock that spins'], rightAnswers['a lock that spins'], stopped(2));
  assert.deepEqual([spins.outcome, spins.why], ['blocked', 'repeats']);
  await rig.instance.admin.flushall();
  const pauses = await race(
    rightAnswers['a lock with pauses'],
    rightAnswers['a lock with pauses'],
    stopped(2),
  );
  assert.equal(pauses.outcome, 'blocked');
  await rig.instance.admin.flushall();
  await rig.instance.admin.rpush('turn', 'free');
  const waits = await race(
    rightAnswers['a lock that somebody pushes'],
    rightAnswers['a lock that somebody pushes'],
    stopped(2),
  );
  assert.deepEqual([waits.outcome, waits.why], ['blocked', 'waits']);
});

test('commands that name no key are never held', async () => {
  const schedule = new Schedule([taps[0].tap, taps[1].tap], [{ process: 0, commands: 1 }]);
  assert.equal(await clients[1].ping(), 'PONG');
  assert.match(await clients[1].info('server'), /redis_version/);
  assert.ok(await clients[1].client('ID'));
  assert.deepEqual(schedule.end().timeline, []);
});

test('a transaction is one command, at its EXEC', async () => {
  const transaction: Call = (client) => client.multi().incr('n').incr('n').get('n').exec();
  const result = await race(transaction, transaction, [
    { process: 0, commands: 1 },
    { process: 1, commands: 'call' },
  ]);
  assert.equal(result.outcome, 'followed');
  assert.deepEqual(
    result.timeline.map(({ process, command }) => `${process} ${command}`),
    ['0 exec', '1 exec'],
  );
});

test('a script that was not loaded does not use up its turn', async () => {
  const script = "return redis.call('INCR', KEYS[1])";
  const answer: Call = async (client) => {
    const sha = '0000000000000000000000000000000000000000';
    await client.evalsha(sha, 1, 'n').catch(() => client.eval(script, 1, 'n'));
  };
  const result = await race(answer, answer, stopped(1));
  assert.deepEqual(
    result.timeline.map(({ process, reply }) => `${process} ${reply.slice(0, 15)}`),
    ['0 (error) NOSCRIP', '0 (integer) 1', '1 (error) NOSCRIP', '1 (integer) 2'],
  );
});

test('a process that has finished leaves its turns to the other', async () => {
  const result = await race((client) => client.ping(), getThenIncr, [
    { process: 0, commands: 3 },
    { process: 1, commands: 'call' },
  ]);
  assert.equal(result.outcome, 'followed');
  assert.equal(await rig.instance.admin.get('n'), '1');
});

test('nothing is held for long when the other never comes', async () => {
  const schedule = new Schedule(
    [taps[0].tap, taps[1].tap],
    [
      { process: 0, commands: 1 },
      { process: 1, commands: 1 },
    ],
  );
  await clients[1].incr('n');
  const result = schedule.end();
  assert.deepEqual([result.outcome, result.why], ['blocked', 'time']);
  assert.ok(result.timeline[0].heldMs >= 140);
});

test('a schedule in which nothing moves for two seconds is our fault', async () => {
  const schedule = new Schedule([taps[0].tap, taps[1].tap], [{ process: 0, commands: 1 }]);
  await schedule.stalled;
  assert.equal(schedule.end().outcome, 'stalled');
});

test('a connection that ends while it is held leaves nothing behind', async () => {
  const schedule = new Schedule([taps[0].tap, taps[1].tap], [{ process: 0, commands: 1 }]);
  const doomed = await rig.wire(taps[1].port);
  doomed.write(resp('INCR', 'n'));
  await waitFor(() => taps[1].tap.outstanding === 1);
  doomed.socket.resetAndDestroy();
  await clients[0].get('n');
  schedule.end();
  await waitFor(() => taps[1].tap.outstanding === 0 && taps[1].tap.connections === 1);
  const cut = new Schedule([taps[0].tap, taps[1].tap], [{ process: 0, commands: 1 }]);
  const other = await rig.wire(taps[1].port);
  other.write(resp('INCR', 'm'));
  await waitFor(() => taps[1].tap.outstanding === 1);
  taps[1].tap.cut();
  assert.equal(taps[1].tap.outstanding, 0);
  assert.deepEqual(cut.end().timeline, []);
  assert.equal(await rig.instance.admin.get('m'), null);
});
