/** States that leave one real instance and begin another. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import { openSandbox, type Sandbox } from '../../sandbox/run.ts';
import { defaultNeeds } from './instance-pool.ts';
import { startInstance } from './instance.ts';
import { copyState, SavedStates } from './saved-states.ts';

let sandbox: Sandbox;
const folder = mkdtempSync(join(tmpdir(), 'states-'));

before(async () => (sandbox = await openSandbox()));
after(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

test('an instance begins with all that another held: every type, expiries, indexes, functions', async () => {
  const first = await startInstance(sandbox, defaultNeeds, 'learner');
  const learner = new Redis({ path: first.socket, retryStrategy: () => null });
  await learner.set('text', 'é', 'EX', 1000);
  await learner.zadd('scores', 1, 'a', 2, 'b');
  await learner.call('JSON.SET', 'doc:1', '$', '{"title":"Redis"}');
  await learner.call('BF.ADD', 'filter', 'x');
  await learner.call('TS.ADD', 'series', '1', '2');
  await learner.call('FT.CREATE', 'index', 'ON', 'JSON', 'SCHEMA', '$.title', 'AS', 'title', 'TEXT');
  await learner.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=mine\nredis.register_function('f', function() return 7 end)",
  );
  await learner.set('large', Buffer.alloc(3_000_000, 'x'));
  const changes = await first.changes();
  const state = await first.copy();
  assert.equal(await first.changes(), changes);
  learner.disconnect();
  await first.close();

  const second = await startInstance(sandbox, defaultNeeds, 'learner', { state });
  const again = new Redis({ path: second.socket, retryStrategy: () => null });
  assert.equal(await again.get('text'), 'é');
  assert.ok((await again.ttl('text')) > 900);
  assert.deepEqual(await again.zrange('scores', '0', '-1'), ['a', 'b']);
  assert.equal(await again.call('BF.EXISTS', 'filter', 'x'), 1);
  assert.equal(await again.call('FCALL', 'f', '0'), 7);
  assert.equal((await again.getBuffer('large'))?.length, 3_000_000);
  for (let tries = 0; tries < 200; tries++) {
    if (JSON.stringify(await again.call('FT.SEARCH', 'index', 'redis')).includes('doc:1')) break;
    assert.ok(tries < 199, 'the index is empty');
  }
  await assert.rejects(again.config('SET', 'maxmemory', '0'), /NOPERM/);
  again.disconnect();
  await second.close();
});

test('a state that is none starts no instance, and leaves nothing', async () => {
  for (const state of ['REDIS0011 and no more', 'x'.repeat(100_000), '']) {
    await assert.rejects(
      startInstance(sandbox, defaultNeeds, 'learner', { state: Buffer.from(state || 'x') }),
      /redis ended at its start|lost/,
    );
  }
});

test('a state beyond its cap is not taken, nor one that nobody gives', async () => {
  const instance = await startInstance(sandbox, defaultNeeds, 'learner');
  await instance.admin.set('large', Buffer.from(Array.from({ length: 500_000 }, (_, n) => (n * 7919) % 251)));
  await assert.rejects(copyState(instance.socket, instance.admin, 1000), /larger/);
  const stranger = { options: { username: 'default', password: 'x' } } as unknown as Redis;
  await assert.rejects(copyState(instance.socket, stranger), /no state is given|ended/);
  assert.equal(await instance.admin.exists('large'), 1);
  await instance.close();
});

test('a learner’s states are capped together: the oldest goes; names that are paths are refused', async () => {
  const states = new SavedStates(folder, { one: 1000, learner: 2000, all: 10_000 });
  for (const lesson of ['one', 'two', 'three'])
    await states.write(`ada/${lesson}`, Buffer.alloc(900, lesson));
  await states.write('bob/one', Buffer.from('bob'));
  assert.equal(await states.read('ada/one'), null);
  assert.equal((await states.read('ada/three'))?.length, 900);
  assert.equal(String(await states.read('bob/one')), 'bob');
  await assert.rejects(states.write('ada/four', Buffer.alloc(1001)), /larger/);
  for (const name of ['../x/y', 'ada/../bob', '/etc/passwd', 'ada', 'ada/one/two', 'ada/.new'])
    await assert.rejects(states.write(name, Buffer.from('x')), /not the name/);
  await states.drop('bob/one');
  assert.equal(await states.read('bob/one'), null);
  assert.deepEqual(readdirSync(join(folder, 'ada')).toSorted(), ['three.rdb', 'two.rdb']);
});
