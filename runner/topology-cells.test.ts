/** Cells that run on several nodes, from the page to the nodes and back, through the whole stack. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './commands/client.ts';
import { startStack, type Stack } from './commands/stack.ts';
import { programsBelow } from './endurance/traces.ts';
import type { ServerMessage, TopologyKind } from './protocol.ts';

type Ended = Extract<ServerMessage, { type: 'ended' }>;

let stack: Stack;
let ada: Client;
let bob: Client;

before(async () => {
  stack = await startStack({ cellHosts: 1, environment: { ATELIER_TOPOLOGIES: '1' } });
  ada = await Client.connect(stack.address);
  bob = await Client.connect(stack.address);
});

after(async () => {
  await ada?.close();
  await bob?.close();
  await stack?.stop();
});

let cells = 0;

/** Runs a cell to its end. */
async function run(client: Client, code: string, topology?: TopologyKind): Promise<Ended & { text: string }> {
  const cell = `cell-${++cells}`;
  client.send({ type: 'run', lesson: '16-05', cell, language: 'typescript', code, topology });
  const ended = await client.hear('ended', (message) => message.cell === cell);
  const text = client.heard
    .map((message) => (message.type === 'output' && message.cell === cell ? message.text : ''))
    .join('');
  return { ...ended, text };
}

const REDIS = "import { Redis } from 'ioredis';\nconst redis = new Redis();\n";

const below = (words: string) => programsBelow(stack.launcher.pid!, words);

/** The servers that are nodes of a topology: the configuration of each is a file of its own folder. */
const nodes = () => below('redis-server /tmp/').length;

test('a topology is apart from the page’s own Redis and kernel, and shared by its cells', async () => {
  const own = await run(ada, `${REDIS}const ici = 'page';\nconsole.log(await redis.set('a', 'page'))`);
  assert.equal(own.text, 'OK\n', JSON.stringify(own.report.outcome));
  const first = await run(ada, `${REDIS}console.log(await redis.get('a'), typeof ici)`, 'replica');
  assert.equal(first.text, 'null undefined\n', JSON.stringify(first.report.outcome));
  assert.equal(nodes(), 2);
  const second = await run(ada, "console.log(await redis.set('a', 'nœud'))", 'replica');
  assert.equal(second.text, 'OK\n');
  assert.equal((await run(ada, "console.log(await redis.get('a'))")).text, 'page\n');
  const told = ada.heard.filter((message) => message.type === 'instance' && message.topology === 'replica');
  assert.ok(told.some((message) => message.type === 'instance' && message.state === 'ready'));
  const lost = await run(ada, 'await topology.kill(7)', 'replica');
  assert.match(lost.message?.fact ?? '', /Aucun nœud/);
});

test('one more than the server holds is refused in words; one’s own other kind takes the place', async () => {
  const cell = `cell-${++cells}`;
  bob.send({ type: 'run', lesson: '16-05', cell, language: 'typescript', code: '1', topology: 'cluster' });
  const refused = await bob.hear('refused', (message) => message.cell === cell);
  assert.equal(refused.code, 'topologies-full');
  assert.match(refused.message.fact, /autant de groupes de Redis/);
  const regions = await run(ada, `${REDIS}console.log(await redis.get('a'))`, 'regions');
  assert.equal(regions.text, 'null\n', JSON.stringify(regions.report.outcome));
  await ada.hear(
    'instance',
    ({ topology, state, message }) =>
      topology === 'replica' && state === 'stopped' && message?.code === 'topology-yielded',
  );
});

test('nothing of it outlives a server that is killed', async () => {
  const own = await run(ada, 'await redis.ping()', 'regions');
  assert.equal(own.report.outcome.class, 'done');
  assert.equal(nodes(), 2);
  const [server] = below('runner/server.ts');
  process.kill(server, 'SIGKILL');
  for (const deadline = Date.now() + 60_000; nodes() > 0; await delay(50))
    assert.ok(Date.now() < deadline, `the nodes do not end:\n${stack.log()}`);
  await stack.healthy();
  const again = await Client.connect(stack.address, ada.cookie);
  try {
    const first = await run(again, `${REDIS}console.log(await redis.ping())`, 'regions');
    assert.equal(first.text, 'PONG\n', JSON.stringify(first.report.outcome));
  } finally {
    await again.close();
  }
});
