import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import { openSandbox, type Sandbox } from '../../sandbox/run.ts';
import { defaultNeeds, InstancePool } from './instance-pool.ts';
import { startInstance, type Instance } from './instance.ts';
import { waitFor } from './rig.ts';
import { SeedError } from './seed.ts';

let sandbox: Sandbox;
before(async () => (sandbox = await openSandbox()));
after(() => sandbox.close());

/** A connection as the learner's own, on a fresh instance in use. */
async function used(): Promise<{ instance: Instance; learner: Redis; rest: () => void }> {
  const instance = await startInstance(sandbox, defaultNeeds, 'learner');
  const learner = new Redis({ path: instance.socket, retryStrategy: () => null });
  learner.on('error', () => {});
  await learner.ping();
  const rest = instance.use();
  return { instance, learner, rest };
}

async function ready(
  { instance, learner, rest }: Awaited<ReturnType<typeof used>>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } finally {
    rest();
    learner.disconnect();
    await instance.close();
  }
}

test('an instance has the four modules, its learner is no admin, and the host is', async () => {
  const instance = await startInstance(
    sandbox,
    { ...defaultNeeds, policy: 'allkeys-lru', slowlog: 77, clients: 9 },
    'learner',
  );
  const learner = new Redis({ path: instance.socket, retryStrategy: () => null });
  assert.equal(await learner.call('JSON.SET', 'd', '$', '1'), 'OK');
  assert.equal(await learner.call('BF.ADD', 'b', 'x'), 1);
  assert.ok(await learner.call('FT._LIST'));
  assert.ok(await learner.call('TS.ADD', 't', 1, 2));
  await assert.rejects(learner.config('SET', 'maxmemory', '1gb'), /NOPERM/);
  assert.deepEqual(await learner.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'allkeys-lru']);
  assert.deepEqual(await instance.admin.config('GET', 'slowlog-log-slower-than'), [
    'slowlog-log-slower-than',
    '77',
  ]);
  assert.deepEqual(await instance.admin.config('GET', 'maxclients'), ['maxclients', '12']);
  assert.equal(await instance.admin.call('ACL', 'WHOAMI'), 'admin');
  learner.disconnect();
  await instance.close();
  assert.deepEqual(instance.loss()?.cause, 'reset');
});

test('a seed is what redis-cli would send, as the learner', async () => {
  const instance = await startInstance(sandbox, defaultNeeds, 'learner');
  await instance.seed(`
# a comment
SET greeting "bonjour à tous"
HSET h a 1 b '{"x": "y z"}'
SET bytes "\\x00\\xff"
`);
  assert.equal(await instance.admin.get('greeting'), 'bonjour à tous');
  assert.equal(await instance.admin.hget('h', 'b'), '{"x": "y z"}');
  assert.deepEqual(await instance.admin.getBuffer('bytes'), Buffer.from([0, 255]));
  await assert.rejects(
    instance.seed('SET a 1\nLPUSH a x'),
    (error) => error instanceof SeedError && error.line === 2 && /WRONGTYPE/.test(error.message),
  );
  await assert.rejects(instance.seed('SET a "1'), (error) => error instanceof SeedError && error.line === 1);
  await assert.rejects(instance.seed('CONFIG SET maxmemory 1gb'), /NOPERM/);
  const many = Array.from({ length: 5000 }, (_, place) => `SET k${place} ${place}`).join('\n');
  await instance.seed(many);
  assert.ok((await instance.admin.dbsize()) >= 5000);
  await instance.close();
});

test('a script without end that has written nothing is killed, and the keys are kept', async () => {
  const parts = await used();
  await ready(parts, async () => {
    await parts.learner.set('kept', 1);
    const answer = await parts.learner.eval('while true do end', 0).catch((error: Error) => error.message);
    assert.match(String(answer), /killed/i);
    assert.equal(await parts.learner.get('kept'), '1');
    assert.equal(parts.instance.loss(), null);
  });
});

test('a script without end that has written is a hang, told with what was lost', async () => {
  const parts = await used();
  await ready(parts, async () => {
    await parts.learner.mset('a', 1, 'b', 2);
    await waitFor(() => parts.instance.keys === 2);
    const dying = parts.learner
      .eval("redis.call('SET', 'c', 1) while true do end", 0)
      .catch((error: Error) => error.message);
    assert.deepEqual(await parts.instance.lost, { cause: 'hang', keysLost: 2 });
    assert.match(String(await dying), /closed/i);
  });
});

test('a script that fills the memory is told so', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const bomb = "local s, t = string.rep('x', 512 * 1024), {} while true do t[#t + 1] = s .. #t end";
    await parts.learner.eval(bomb, 0).catch(() => null);
    const loss = await parts.instance.lost;
    assert.equal(loss.cause, 'memory');
  });
});

test('a script as long as a lesson needs is left alone', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const count = await parts.learner.eval(
      "for i = 1, 20000 do redis.call('SET', KEYS[1], i) end return redis.call('GET', KEYS[1])",
      1,
      'n',
    );
    assert.equal(count, '20000');
    assert.equal(parts.instance.loss(), null);
  });
});

test('a frozen instance answers nobody, a thawed one has its keys', async () => {
  const parts = await used();
  await ready(parts, async () => {
    await parts.learner.set('kept', 1);
    await parts.instance.freeze();
    assert.equal(parts.instance.frozen, false, 'what is used is never frozen');
    parts.rest();
    await parts.instance.freeze();
    assert.equal(parts.instance.frozen, true);
    let answered = false;
    const late = parts.learner.get('kept').then((value) => {
      answered = true;
      return value;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(answered, false);
    await parts.instance.thaw();
    assert.equal(await late, '1');
    assert.equal(parts.instance.loss(), null);
  });
});

test('what is idle turns its clock slowly, what is used does not', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const hz = async () => (await parts.instance.admin.config('GET', 'hz')) as unknown;
    assert.deepEqual(await hz(), ['hz', '10']);
    const again = parts.instance.use();
    again();
    again();
    assert.deepEqual(await hz(), ['hz', '10']);
    parts.rest();
    assert.deepEqual(await hz(), ['hz', '1']);
  });
});

test('the pool gives each instance once, adapted to its lesson, and makes another', async () => {
  const pool = new InstancePool(sandbox, 'learner', 1);
  await waitFor(() => pool.warm === 1);
  const one = await pool.claim({ ...defaultNeeds, policy: 'volatile-lru', memory: 32, notify: 'KEA' });
  assert.deepEqual(await one.admin.config('GET', 'maxmemory'), ['maxmemory', `${32 * 1024 * 1024}`]);
  assert.deepEqual(await one.admin.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'volatile-lru']);
  await waitFor(() => pool.warm === 1);
  const two = await pool.claim(defaultNeeds);
  assert.notEqual(two.box.id, one.box.id);
  const large = await pool.claim({ ...defaultNeeds, memory: 128 });
  assert.deepEqual(await large.admin.config('GET', 'maxmemory'), ['maxmemory', `${128 * 1024 * 1024}`]);
  await Promise.all([one.close(), two.close(), large.close()]);
  await pool.close();
  assert.equal(pool.warm, 0);
});

test('an instance of the pool that dies is replaced before anybody asks', async () => {
  const pool = new InstancePool(sandbox, 'learner', 1);
  await waitFor(() => pool.warm === 1);
  const doomed = await pool.claim(defaultNeeds);
  await waitFor(() => pool.warm === 1);
  await doomed.close();
  await pool.close();
});

test('a learner who kills every connection, the host’s too, loses nothing and is still watched over', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const { instance, learner } = parts;
    await learner.set('k', 'v');
    await learner.call('CLIENT', 'KILL', 'USER', 'admin');
    await waitFor(() => instance.admin.status === 'ready');
    assert.equal(await instance.admin.get('k'), 'v');
    assert.equal(await instance.admin.call('CLIENT', 'GETNAME'), 'atelier');
    await assert.rejects(learner.eval("redis.call('SET', 'x', 1) while true do end", 0));
    assert.equal((await instance.lost).cause, 'hang');
  });
});

test('whatever the host asks while its learner cuts it off is asked again', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const { instance, learner } = parts;
    const asked: Promise<unknown>[] = [];
    const asking = setInterval(() => asked.push(instance.admin.ping()), 1);
    for (let cut = 0; cut < 10; cut++) {
      asked.push(learner.call('CLIENT', 'KILL', 'USER', 'admin'), instance.admin.ping());
      await waitFor(() => instance.admin.status !== 'ready');
      await waitFor(() => instance.admin.status === 'ready');
    }
    clearInterval(asking);
    let answered = 0;
    for (const question of asked) void question.then(() => answered++);
    await waitFor(() => answered === asked.length);
    assert.equal(instance.loss(), null);
  });
});

test('whatever the host asks while its instance dies has an answer', async () => {
  const parts = await used();
  await ready(parts, async () => {
    const { instance } = parts;
    const asked: Promise<unknown>[] = [];
    const asking = setInterval(() => asked.push(instance.admin.ping().catch(() => 'refused')), 1);
    await instance.box.kill();
    await instance.lost;
    clearInterval(asking);
    let answered = 0;
    for (const question of asked) void question.then(() => answered++);
    await waitFor(() => answered === asked.length);
    assert.equal(instance.loss()?.cause, 'crash');
  });
});
