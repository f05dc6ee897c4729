import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import { Canteen, connect } from './basic.ts';
import { CallFailed, failureOf, type Failure } from './failure.ts';
import { startRelay } from './relay.ts';
import { startTwin, type Twin } from './twin.ts';

const timeouts = { connectTimeoutMs: 500, commandTimeoutMs: 200 };
const open: Redis[] = [];
let twin: Twin;

before(async () => void (twin = await startTwin()));
after(async () => {
  for (const redis of open) redis.disconnect();
  await twin.stop();
});

async function canteen(url = twin.url): Promise<Canteen> {
  const redis = connect(url, timeouts);
  open.push(redis);
  if (redis.status !== 'ready') await new Promise((ready) => redis.once('ready', ready));
  return new Canteen(redis);
}

const card = () => `essai-${randomUUID().slice(0, 8)}`;
const failsAs = (failure: Failure) => (error: unknown) =>
  error instanceof CallFailed && error.failure === failure;

test('a calm server: the menu, the balance, the debit', async () => {
  const { redis, ...rest } = { redis: twin.admin(), canteen: await canteen() };
  const name = card();
  assert.equal(await rest.canteen.balance(name), null);
  await redis.set(`carte:{${name}}`, 450);
  assert.equal(await rest.canteen.debit(name, 450), 0);
  assert.equal(await rest.canteen.balance(name), 0, 'a balance of zero is not an absent card');
  assert.equal(await rest.canteen.menu('jamais'), null);
  await redis.hset('menu:lundi', { plat: 'Gratin' });
  assert.deepEqual(await rest.canteen.menu('lundi'), { plat: 'Gratin' });
});

test('nobody listens: the call fails at once, and the process lives', async () => {
  const redis = connect('redis://127.0.0.1:1', timeouts);
  open.push(redis);
  await new Promise((closed) => redis.once('close', closed));
  await assert.rejects(new Canteen(redis).balance('x'), failsAs('unreachable'));
});

test('cut after Redis executed: lost, debited once, never sent again', async () => {
  const relay = await startRelay(twin.url);
  try {
    const made = await canteen(relay.url);
    const name = card();
    const admin = twin.admin();
    await admin.set(`carte:{${name}}`, 1000);
    relay.cutReplies(1);
    await assert.rejects(made.debit(name, 450), failsAs('lost'));
    await new Promise((ready) => made.redis.once('ready', ready));
    assert.equal(await made.balance(name), 550);
  } finally {
    relay.stop();
  }
});

test('frozen: a time-out, and the command is executed afterwards', async () => {
  const made = await canteen();
  const name = card();
  const admin = twin.admin();
  await admin.set(`carte:{${name}}`, 1000);
  twin.freeze();
  try {
    await assert.rejects(made.debit(name, 450), failsAs('timeout'));
  } finally {
    twin.thaw();
  }
  assert.equal(await admin.get(`carte:{${name}}`), '550');
});

test('a replica refuses the debit and serves the menu', async () => {
  const made = await canteen();
  const admin = twin.admin();
  await admin.replicaof('127.0.0.1', 1);
  try {
    await made.menu('lundi');
    await assert.rejects(made.debit('x', 1), failsAs('readonly'));
  } finally {
    await admin.replicaof('NO', 'ONE');
  }
});

test('a full server refuses the debit and serves the menu', async () => {
  const made = await canteen();
  const admin = twin.admin();
  await admin.config('SET', 'maxmemory', '1');
  try {
    await made.menu('lundi');
    await assert.rejects(made.debit('x', 1), failsAs('full'));
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
});

test('a password that nobody gave, a wrong one, a right without the right: all denied', async () => {
  const made = await canteen();
  const admin = twin.admin();
  await admin.call('ACL', 'SETUSER', 'lecteur', 'on', '>secret', '~*', '+@read', '+@connection', '+info');
  const reader = new Redis(twin.url, { username: 'lecteur', password: 'secret' });
  const impostor = new Redis(twin.url, { username: 'lecteur', password: 'faux', retryStrategy: () => null });
  const errors: Error[] = [];
  impostor.on('error', (error) => errors.push(error));
  open.push(reader, impostor);
  await assert.rejects(new Canteen(reader).debit('x', 1), failsAs('denied'));
  await impostor.get('x').catch((error: Error) => errors.push(error));
  assert.ok(
    errors.some((error) => failureOf(error) === 'denied'),
    String(errors),
  );
  await admin.config('SET', 'requirepass', 'secret');
  try {
    const stranger = new Redis(twin.url, { retryStrategy: () => null });
    stranger.on('error', () => {});
    open.push(stranger);
    await assert.rejects(new Canteen(stranger).balance('x'), failsAs('denied'));
  } finally {
    await admin.config('SET', 'requirepass', '');
  }
  await made.balance('x');
});

test('busy: a script that does not end is named as such', async () => {
  const made = await canteen();
  const admin = twin.admin();
  const runner = twin.admin();
  await admin.config('SET', 'busy-reply-threshold', '50');
  const endless = runner.eval('while true do end', 0).catch(() => null);
  try {
    for (const end = Date.now() + 20_000; ;) {
      assert.ok(Date.now() < end, 'BUSY never came');
      const failure = await made.balance('x').then(
        () => null,
        (error: CallFailed) => error.failure,
      );
      if (failure === 'busy') break;
      assert.ok(failure === null || failure === 'timeout', String(failure));
    }
  } finally {
    await admin.call('SCRIPT', 'KILL');
    await endless;
  }
});

test('a mistake of ours stays what it is', async () => {
  const made = await canteen();
  await twin.admin().rpush('carte:{liste}', 'x');
  await assert.rejects(made.debit('liste', 1), /WRONGTYPE/);
});
