import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portsOf, topologyMemory, topologyNodes, type TopologyKind } from './topology.ts';

const make = (kind: TopologyKind) =>
  topologyNodes({
    kind,
    memory: 32,
    policy: 'noeviction',
    clients: 64,
    role: 'grading',
    adminPassword: 'secret',
  });

test('every node of a topology has a port of its own, and the box has room for all', () => {
  for (const kind of ['replica', 'sentinel', 'cluster', 'regions'] as const) {
    const { nodes, sentinels } = portsOf(kind);
    assert.deepEqual(
      make(kind).map(({ port }) => port),
      [...nodes, ...sentinels],
    );
    assert.ok(topologyMemory(kind, 32) > nodes.length * 32);
  }
});

test('a learner is the same everywhere, and asks a cluster only where things are', () => {
  for (const kind of ['replica', 'sentinel', 'cluster', 'regions'] as const) {
    for (const { config, sentinel } of make(kind)) {
      const [user] = config.match(/^user default .*$/m)!;
      if (sentinel) {
        assert.match(user, / -@all /);
        assert.doesNotMatch(
          user,
          /sentinel\|(set|failover|reset|remove|monitor|config|debug)|\+sentinel( |$)/,
        );
        continue;
      }
      assert.match(user, / -cluster /);
      assert.equal(user.includes('+cluster|slots'), kind === 'cluster');
      assert.doesNotMatch(user, /\+cluster\|(failover|forget|meet|reset|setslot|addslots|replicate)/);
      assert.ok(user.lastIndexOf('-monitor') > user.lastIndexOf('+monitor'));
    }
  }
});

test('a cluster’s nodes all tell the same story of the slots, each as itself', () => {
  const nodes = make('cluster');
  const stories = nodes.map(({ files }) => files['nodes.conf'].replaceAll('myself,', ''));
  assert.equal(new Set(stories).size, 1);
  const ranges = [...stories[0].matchAll(/connected (\d+)-(\d+)/g)].map(([, from, to]) => [+from, +to]);
  assert.deepEqual(ranges, [
    [0, 5460],
    [5461, 10922],
    [10923, 16383],
  ]);
  for (const { port, files } of nodes) assert.match(files['nodes.conf'], new RegExp(`:${port}@\\d+ myself,`));
});
