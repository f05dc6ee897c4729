/** Real nodes in a real box: they form, lose their primary, choose another, and take the old one back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Rig, waitFor } from './rig.ts';
import { defaultNeeds } from './instance-pool.ts';
import { startTopology, type Topology } from './topology.ts';
import type { TopologyKind } from '../../sandbox/run.ts';

let rig: Rig;

before(async () => {
  rig = await Rig.open({}, 'grading');
});

after(() => rig.close());

async function withTopology(kind: TopologyKind, story: (topology: Topology) => Promise<void>): Promise<void> {
  const topology = await startTopology(rig.sandbox, kind, defaultNeeds, 'grading');
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
