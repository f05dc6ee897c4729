/** A session on several real nodes: its cells reach them, command what happens to them, and are told what they saw. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InstancePool } from './instance-pool.ts';
import { defaultNeeds } from './instance-pool.ts';
import { KernelPool } from './kernel/pool.ts';
import type { HostEvent, Language, RunReport, TopologyKind } from './protocol.ts';
import { Rig, waitFor } from './rig.ts';
import { Session } from './session.ts';

let rig: Rig;
let kernels: KernelPool;
let instances: InstancePool;

before(async () => {
  rig = await Rig.open();
  kernels = new KernelPool(rig.sandbox, { typescript: 1 });
  instances = new InstancePool(rig.sandbox, 'learner', 0);
});

after(async () => {
  await kernels.close();
  await instances.close();
  await rig.close();
});

/** One learner's cells on one topology. */
class Cells {
  readonly events: HostEvent[] = [];
  readonly session: Session;
  #runs = 0;

  constructor(topology: TopologyKind) {
    const parts = {
      sandbox: rig.sandbox,
      instances,
      kernels,
      commands: rig.instance.commands,
      states: null,
      tell: (event: HostEvent) => this.events.push(event) > 0,
      drained: async () => {},
    };
    const needs = {
      lesson: '16-05',
      instance: defaultNeeds,
      box: { memory: 256, disk: 16 },
      seed: 'SET a 1',
    };
    this.session = new Session('s', { ...needs, topology }, parts);
  }

  /** Begins a cell; its report comes later. */
  begin(code: string, language: Language = 'typescript'): { run: string; report: Promise<RunReport> } {
    const run = `run-${++this.#runs}`;
    const running = this.session.run({
      type: 'run',
      session: 's',
      run,
      language,
      code,
      name: run,
      timeoutMs: 30_000,
      roundTripMs: 0,
      fault: 'none',
      trace: true,
    });
    const report = running.then(() => {
      const ended = this.events.find((event) => event.type === 'run-ended' && event.run === run);
      return ended?.type === 'run-ended' ? ended.report : assert.fail('no report');
    });
    return { run, report };
  }

  /** Runs a cell to its end, which must be a good one; what it printed. */
  async said(code: string, language?: Language): Promise<{ text: string; report: RunReport }> {
    const { run, report } = this.begin(code, language);
    const ended = await report;
    assert.equal(ended.outcome.class, 'done', JSON.stringify(ended.outcome));
    const text = this.events
      .map((event) => (event.type === 'output' && event.run === run ? event.text : ''))
      .join('');
    return { text, report: ended };
  }
}

async function withCells(topology: TopologyKind, story: (cells: Cells) => Promise<void>): Promise<void> {
  const cells = new Cells(topology);
  try {
    await story(cells);
  } finally {
    await cells.session.close();
  }
}

const REDIS = "import { Redis } from 'ioredis';\n";

test('a cell sees its replica late when the link is slow, and what Redis saw tells each node', () =>
  withCells('replica', async (cells) => {
    const { text, report } = await cells.said(`${REDIS}
const primaire = new Redis(6379);
const replica = new Redis(6380);
await topology.link(3000);
await primaire.set('a', 'neuf');
console.log(await replica.get('a'));
await topology.link(0);
await primaire.wait(1, 5000);
console.log(await replica.get('a'), (await topology.nodes()).map(({ port, role }) => port + ' ' + role).join(', '));`);
    assert.equal(text, 'null\nneuf 6379 primary, 6380 replica\n');
    assert.equal(report.keyspace.unseen, true);
    const nodes = report.trace.list
      .filter(({ name }) => name === 'SET' || name === 'GET')
      .map(({ name, node }) => `${name} ${node}`);
    assert.deepEqual(nodes, ['SET 6379', 'GET 6380', 'GET 6380']);
    assert.equal(new Set(report.trace.list.map(({ connection }) => connection)).size, 2);
    assert.equal(report.trace.connections, 2);
    const again = await cells.said("console.log(await primaire.get('a'), await replica.get('a'))");
    assert.equal(again.text, 'neuf neuf\n');
  }));

test('an election is seen by the client, and what the lost primary alone knew is gone', () =>
  withCells('sentinel', async (cells) => {
    const { text } = await cells.said(`${REDIS}
const redis = new Redis({ sentinels: [{ host: '127.0.0.1', port: 26379 }], name: 'primaire' });
redis.on('error', () => {});
await redis.set('avant', '1');
await redis.wait(2, 5000);
const ancien = await topology.primary();
await topology.isolate(ancien);
await redis.set('seul', '1');
console.log(await topology.successor(ancien) !== ancien);
await topology.mend();
const apres = new Redis(ancien);
console.log(await apres.mget('avant', 'seul'), (await apres.role())[0]);`);
    assert.match(text, /^true\n\[ '1', null \] slave\n$/);
  }));

test('a cluster refuses keys of two slots, in Python too', () =>
  withCells('cluster', async (cells) => {
    const refused = await cells.begin(`${REDIS}
const redis = new Redis.Cluster([{ host: '127.0.0.1', port: 7000 }]);
await redis.set('a', '1');
await redis.mget('a', 'b');`).report;
    assert.ok(refused.outcome.class === 'code-error', JSON.stringify(refused.outcome));
    assert.equal(refused.outcome.error.code, 'CROSSSLOT');
    if (rig.sandbox.programs.includes('python')) {
      const { text } = await cells.said(
        `from redis.cluster import RedisCluster
r = RedisCluster(host='127.0.0.1', port=7000, decode_responses=True)
print(r.get('a'), topology.primary('a') in (7000, 7001, 7002))`,
        'python',
      );
      assert.equal(text, '1 True\n');
    }
  }));

test('a request that makes no sense is the code’s error; an interrupted cell leaves its nodes', () =>
  withCells('regions', async (cells) => {
    const wrong = await cells.begin("await topology.kill('paris')").report;
    assert.ok(wrong.outcome.class === 'code-error', JSON.stringify(wrong.outcome));
    assert.equal(wrong.outcome.error.code, 'TOPOLOGY_NODE');
    assert.equal(wrong.outcome.error.line, 1);
    await cells.said(`${REDIS}const pres = new Redis(6379); await pres.set('a', '1')`);
    const endless = cells.begin('await new Promise(() => {})');
    await waitFor(() =>
      cells.events.some((event) => event.type === 'run-started' && event.run === endless.run),
    );
    await cells.session.interrupt(endless.run);
    assert.equal((await endless.report).outcome.class, 'interrupted');
    assert.equal((await cells.said("console.log(await pres.get('a'))")).text, '1\n');
    await cells.session.reset();
    assert.equal((await cells.said("console.log(await pres.get('a'))")).text, 'null\n');
  }));
