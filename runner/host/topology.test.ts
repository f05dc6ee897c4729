/** Real nodes in a real box: they form, lose their primary, choose another, and take the old one back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Rig, waitFor } from './rig.ts';
import { defaultNeeds } from './instance-pool.ts';
import { KernelPool } from './kernel/pool.ts';
import type { Language } from './protocol.ts';
import { startTopology, type Topology } from './topology.ts';
import type { TopologyKind } from '../../sandbox/run.ts';

let rig: Rig;

before(async () => {
  rig = await Rig.open({}, 'grading');
});

after(() => rig.close());

async function withTopology(
  kind: TopologyKind,
  story: (topology: Topology) => Promise<void>,
  links = false,
): Promise<void> {
  const topology = await startTopology(rig.sandbox, kind, defaultNeeds, 'grading', { links });
  try {
    await story(topology);
  } finally {
    await topology.close();
  }
}

test('a replica follows its primary, refuses writes, and can be promoted', () =>
  withTopology('replica', async (topology) => {
    await topology.admin(6379).set('a', '1');
    await waitFor(async () => (await topology.admin(6380).get('a')) === '1');
    await assert.rejects(topology.admin(6380).set('a', '2'), /READONLY/);
    await topology.promote(6380);
    await topology.settled();
    assert.equal(await topology.primary(), 6380);
    await assert.rejects(topology.admin(6379).set('a', '2'), /READONLY/);
  }));

test('a node that hangs answers nothing that was sent once it hung, until it is woken', () =>
  withTopology('replica', async (topology) => {
    await topology.hang(6379);
    let answered = false;
    const written = topology
      .admin(6379)
      .set('a', '1')
      .then(() => (answered = true));
    for (let ping = 0; ping < 50; ping++) await topology.admin(6380).ping();
    assert.ok(!answered);
    topology.wake(6379);
    assert.ok(await written);
  }));

test('sentinels choose another primary when theirs is killed', () =>
  withTopology('sentinel', async (topology) => {
    assert.equal(await topology.primary(), 6379);
    await topology.admin(6379).set('kept', '1');
    await topology.admin(6379).call('WAIT', 2, 0);
    await topology.kill(6379);
    await waitFor(async () => (await topology.primary()) !== 6379);
    await topology.settled();
    const primary = await topology.primary();
    assert.equal(await topology.admin(primary).get('kept'), '1');
    await topology.revive(6379);
    await topology.settled();
    assert.equal((await topology.nodes()).find(({ port }) => port === 6379)?.role, 'replica');
    assert.equal(await topology.admin(6379).get('kept'), '1');
  }));

test('sentinels choose another primary when theirs hangs, which follows it once woken', () =>
  withTopology('sentinel', async (topology) => {
    await topology.hang(6379);
    await waitFor(async () => (await topology.primary()) !== 6379);
    await topology.settled();
    assert.equal((await topology.nodes()).find(({ port }) => port === 6379)?.role, 'down');
    await topology.mend();
    assert.equal((await topology.nodes()).find(({ port }) => port === 6379)?.role, 'replica');
  }));

test('a replica that has not yet what its primary wrote is not settled', () =>
  withTopology('replica', async (topology) => {
    await topology.hang(6380);
    for (let key = 0; key < 100; key++) await topology.admin(6379).set(`k${key}`, 'v'.repeat(1000));
    topology.wake(6380);
    await topology.settled();
    assert.equal(await topology.admin(6380).dbsize(), 100);
  }));

test('a slow link makes a replica late; what a cut one holds dies with the primary', () =>
  withTopology(
    'replica',
    async (topology) => {
      await topology.link(2000);
      await topology.admin(6379).set('a', '1');
      assert.equal(await topology.admin(6380).get('a'), null);
      await waitFor(async () => (await topology.admin(6380).get('a')) === '1');
      await topology.link(null);
      await topology.admin(6379).set('b', '1');
      assert.equal(await topology.admin(6379).call('WAIT', 1, 50), 0);
      await topology.kill(6379);
      await topology.promote(6380);
      await topology.link(0);
      assert.equal(await topology.admin(6380).get('b'), null);
      assert.equal(await topology.admin(6380).get('a'), '1');
    },
    true,
  ));

test('a primary that is cut off goes on writing, until it is found again and forgets', () =>
  withTopology(
    'sentinel',
    async (topology) => {
      await topology.admin(6379).set('before', '1');
      await topology.admin(6379).call('WAIT', 2, 0);
      await topology.isolate(6379);
      await waitFor(async () => (await topology.primary()) !== 6379);
      const primary = await topology.primary();
      await topology.admin(6379).set('alone', '1');
      await waitFor(async () => (await topology.admin(primary).role())[0] === 'master');
      await topology.admin(primary).set('elected', '1');
      await topology.mend();
      const found = await topology.admin(6379).mget('before', 'alone', 'elected');
      assert.deepEqual(found, ['1', null, '1']);
    },
    true,
  ));

test('a cluster shares its keys, and a replica takes over the slots of a primary that is killed', () =>
  withTopology('cluster', async (topology) => {
    const port = await topology.primary('a');
    await topology.admin(port).set('a', '1');
    const other = topology.ports.find((one) => one < 7003 && one !== port)!;
    await assert.rejects(topology.admin(other).get('a'), /MOVED 15495/);
    await assert.rejects(topology.admin(port).mget('a', 'b'), /CROSSSLOT|MOVED/);
    await topology.kill(port);
    await waitFor(async () => (await topology.primary('a')) !== port);
    await topology.settled();
    assert.equal(await topology.admin(await topology.primary('a')).get('a'), '1');
  }));

test('a learner of a cluster may ask where things are, and change nothing', () =>
  withTopology('cluster', async (topology) => {
    const taps = topology.openTaps(0);
    assert.deepEqual([...taps.keys()], topology.ports);
    const admin = topology.admin(7000);
    const may = async (...command: string[]) =>
      (await admin.call('ACL', 'DRYRUN', 'default', ...command)) === 'OK';
    for (const subcommand of ['SLOTS', 'SHARDS', 'NODES', 'INFO', 'MYID'])
      assert.ok(await may('CLUSTER', subcommand), subcommand);
    for (const command of ['FAILOVER', 'RESET', 'BUMPEPOCH', 'SAVECONFIG'])
      assert.ok(!(await may('CLUSTER', command)), command);
    for (const command of ['MONITOR', 'SHUTDOWN', 'INFO']) assert.ok(!(await may(command)), command);
    for (const tap of taps.values()) tap.close();
  }));

/** An answer that writes at one port and reads at the other, in each language. */
const answers: Record<Language, string> = {
  typescript: `import { Redis } from 'ioredis';
const [one, other] = [6379, 6380].map((port) => new Redis({ port, enableReadyCheck: false }));
export async function both(key: string) { await one!.set(key, '1'); await other!.set(key, '2'); return [await one!.get(key), await other!.get(key)]; }`,
  python: `import redis
one, other = (redis.Redis(port=port, decode_responses=True) for port in (6379, 6380))
def both(key):
    one.set(key, '1')
    other.set(key, '2')
    return [one.get(key), other.get(key)]`,
  go: `package main
import ("context"; "github.com/redis/go-redis/v9")
var one = redis.NewClient(&redis.Options{Addr: "localhost:6379"})
var other = redis.NewClient(&redis.Options{Addr: "localhost:6380"})
func both(ctx context.Context, key string) []string { one.Set(ctx, key, "1", 0); other.Set(ctx, key, "2", 0); return []string{one.Get(ctx, key).Val(), other.Get(ctx, key).Val()} }`,
};

test('an answer in any language finds each node at the port it announces', () =>
  withTopology('regions', async (topology) => {
    const kernels = new KernelPool(rig.sandbox);
    try {
      for (const [language, code] of Object.entries(answers) as [Language, string][]) {
        const kernel = await kernels.claim(language, { memory: 256, disk: 16, ports: topology.ports });
        const taps = topology.openTaps(0);
        kernel.attach((listener, port) => taps.get(port)!.serve(listener));
        const loaded = await kernel.load(code, 'réponse', 60_000);
        assert.equal(loaded.class, 'loaded', JSON.stringify(loaded));
        const end = await kernel.call('both', ['k'], 60_000);
        assert.deepEqual(end.class === 'result' && end.value, ['1', '2'], JSON.stringify(end));
        await kernel.kill();
        for (const tap of taps.values()) tap.close();
      }
    } finally {
      await kernels.close();
    }
  }));
