/** A Redis that holds more than is kept: its learner is told before it is lost, when it is, and when he comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './commands/client.ts';
import { startStack } from './commands/stack.ts';

const fill = `import { Redis } from 'ioredis'; import { randomBytes } from 'node:crypto';
const redis = new Redis(); await redis.set('large', randomBytes(3 << 20)); console.log(await redis.strlen('large'))`;

test('what is too large to be kept is told three times, and lives longer', async (context) => {
  const environment = {
    ATELIER_STATE_MIB: '1',
    ATELIER_FREEZE_MS: '200',
    ATELIER_IDLE_MS: '3000',
    ATELIER_LOG: 'error',
  };
  const stack = await startStack({ cellHosts: 1, environment });
  context.after(() => stack.stop());
  const ada = await Client.connect(stack.address);
  const run = async (client: Client, code: string, lesson = 'libre') => {
    const cell = `cell-${Math.random().toString(36).slice(2)}`;
    client.send({ type: 'run', lesson, cell, language: 'typescript', code });
    const { report } = await client.hear('ended', (message) => message.cell === cell);
    assert.equal(report.outcome.class, 'done', JSON.stringify(report.outcome));
  };
  const told = (client: Client, state: string) =>
    client.hear('instance', (message) => message.lesson === 'libre' && message.state === state);

  await run(ada, "import { Redis } from 'ioredis'; await new Redis().set('small', 'x')", '16-05');
  await run(ada, fill);
  const frozen = await told(ada, 'frozen');
  assert.equal(frozen.message?.code, 'unsaved-frozen', JSON.stringify(frozen));
  assert.match(frozen.message.fact, /plus que les 1\u00a0Mio/);

  // A page that comes later is told too.
  const later = await Client.connect(stack.address, ada.cookie);
  later.send({ type: 'hello', lesson: 'libre' });
  assert.equal((await told(later, 'frozen')).message?.code, 'unsaved-frozen');
  await later.close();

  // The lesson that was kept goes first, though it was used before.
  const other = await ada.hear('instance', ({ lesson, state }) => lesson === '16-05' && state === 'stopped');
  assert.equal(other.message?.code, 'instance-idle');
  assert.equal(ada.heard.filter((one) => one.type === 'instance' && one.state === 'stopped').length, 1);
  const stopped = await told(ada, 'stopped');
  assert.equal(stopped.message?.code, 'unsaved-stopped');

  ada.forget();
  await run(ada, '1');
  const ready = await told(ada, 'ready');
  assert.equal(ready.message?.code, 'unsaved-ready');
  assert.match(ready.message.next, /données de la leçon/);
  await ada.close();
});
