import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { newToken, parseToken, SessionStore, type Session } from './advanced.ts';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
after(() => redis.disconnect());

const visitor: Session = {
  user: null,
  device: { name: 'Essai', address: '192.0.2.1' },
  prefs: {},
  cart: {},
  recent: [],
};
const someone = () => `essai-${randomUUID().slice(0, 13)}`;
const keyOf = (token: string) => {
  const name = parseToken(token)!;
  return `session:{${name.owner}}:${name.id}`;
};

test('Redis never sees the secret of a cookie', async () => {
  const owner = someone();
  const token = await new SessionStore(redis).open(owner, visitor);
  const secret = token.split('.')[1];
  assert.deepEqual(await redis.keys(`*${secret}*`), []);
  assert.ok(!(await redis.zrange(`sessions:{${owner}}`, '0', '-1')).includes(secret));
});

test('a cookie that is not a token names nobody', async () => {
  const store = new SessionStore(redis);
  for (const cookie of [
    '',
    'a',
    'a.b',
    `${'a'.repeat(33)}.${'b'.repeat(22)}`,
    `}{.${'b'.repeat(22)}`,
    `a.${'b'.repeat(22)}\n`,
  ]) {
    assert.equal(parseToken(cookie), null, JSON.stringify(cookie));
    assert.equal(await store.touch(cookie), null);
  }
  assert.equal(await store.touch(newToken(someone())), null);
});

test('touching slides, up to the absolute deadline and not beyond', async () => {
  const store = new SessionStore(redis, { idleMs: 1500, lifetimeMs: 3000, stepMs: 0 });
  const token = await store.open(someone(), visitor);
  const opened = performance.now();
  let alive = 0;
  while (await store.touch(token)) {
    alive = performance.now() - opened;
    assert.ok(alive < 10_000, 'a visitor who never stops never leaves');
    await sleep(50);
  }
  assert.ok(alive > 1600, `died after ${alive} ms: the idle time did not slide`);
  assert.ok(alive <= 3100, `lived ${alive} ms: the deadline slid too`);
  assert.equal(await redis.exists(keyOf(token)), 0);
});

test('the expiry is rewritten once a step, not at each reading', async () => {
  const store = new SessionStore(redis, { idleMs: 60_000, stepMs: 10_000 });
  const token = await store.open(someone(), visitor);
  await redis.pexpire(keyOf(token), 55_000);
  await store.touch(token);
  assert.ok((await redis.pttl(keyOf(token))) <= 55_000, 'five seconds to gain: not worth a write');
  await redis.pexpire(keyOf(token), 45_000);
  await store.touch(token);
  assert.ok((await redis.pttl(keyOf(token))) > 55_000);
});

test('nothing resurrects an expired session, and the index forgets it', async () => {
  const store = new SessionStore(redis);
  const owner = someone();
  const token = await store.open(owner, visitor);
  await redis.del(keyOf(token));
  assert.equal(await store.addToCart(token, 'livre-1', 1), null);
  assert.equal(await store.setPreference(token, 'theme', 'clair'), false);
  assert.equal(await store.touch(token), null);
  assert.equal(await store.rotate(token), null);
  assert.deepEqual(await store.list(owner), []);
  assert.equal(await redis.exists(keyOf(token), `sessions:{${owner}}`), 0);
});

test('opening again under the same token opens nothing twice', async () => {
  const store = new SessionStore(redis);
  const owner = someone();
  const token = await store.open(owner, visitor);
  await store.addToCart(token, 'livre-1', 2);
  await store.open(owner, visitor, token);
  assert.deepEqual((await store.touch(token))?.cart, { 'livre-1': 2 });
  assert.equal((await store.list(owner)).length, 1);
});

test('logging in changes the name, keeps the cart, and leaves no grace to the old name', async () => {
  const store = new SessionStore(redis);
  const [anonymous, owner] = [someone(), someone()];
  const planted = await store.open(anonymous, visitor);
  await store.addToCart(planted, 'livre-1', 2);
  const token = await store.login(planted, owner);
  assert.equal(await store.touch(planted), null);
  assert.equal(await redis.exists(keyOf(planted)), 0);
  assert.deepEqual(await store.touch(token!), { ...visitor, user: owner, cart: { 'livre-1': 2 } });
  assert.equal(await store.login(planted, owner), null);
});

test('a book added in another tab during the login is not lost', async () => {
  const owner = someone();
  const late = new SessionStore(redis);
  let planted = '';
  /** Ajoute un livre à la session anonyme juste après l'ouverture de la nouvelle. */
  class Interrupted extends SessionStore {
    override async open(...args: Parameters<SessionStore['open']>): Promise<string> {
      const token = await super.open(...args);
      await late.addToCart(planted, 'livre-2', 3);
      return token;
    }
  }
  planted = await late.open(someone(), { ...visitor, cart: { 'livre-1': 1 } });
  const token = await new Interrupted(redis).login(planted, owner);
  assert.deepEqual((await late.touch(token!))?.cart, { 'livre-1': 1, 'livre-2': 3 });
});

test('rotating keeps the document and both deadlines', async () => {
  const store = new SessionStore(redis);
  const owner = someone();
  const token = await store.open(owner, { ...visitor, cart: { 'livre-1': 1 } });
  await redis.pexpire(keyOf(token), 100_000);
  const deadline = await redis.zscore(`sessions:{${owner}}`, parseToken(token)!.id);
  const renewed = await store.rotate(token);
  assert.ok((await redis.pttl(keyOf(renewed!))) <= 100_000);
  assert.equal(await redis.zscore(`sessions:{${owner}}`, parseToken(renewed!)!.id), deadline);
  assert.ok(
    (await redis.pttl(`sessions:{${owner}}`)) > 0,
    'an index emptied by a rotation came back without expiry',
  );
  assert.deepEqual((await store.touch(renewed!))?.cart, { 'livre-1': 1 });
  assert.equal(await store.touch(token), null);
});

test('closing everywhere closes every device but the one kept, and nobody else', async () => {
  const store = new SessionStore(redis);
  const [owner, other] = [someone(), someone()];
  const tokens = [
    await store.open(owner, visitor),
    await store.open(owner, visitor),
    await store.open(owner, visitor),
  ];
  const bystander = await store.open(other, visitor);
  assert.equal(await store.closeAll(owner, tokens[1]), 2);
  assert.deepEqual(await Promise.all(tokens.map((token) => store.touch(token))), [null, visitor, null]);
  assert.deepEqual(await store.touch(bystander), visitor);
  assert.equal(await store.closeAll(owner), 1);
  assert.equal(await store.closeAll(owner), 0);
  assert.equal(await store.touch(tokens[1]), null);
});

test('a session that rotates while everything is closed does not survive, whoever is first', async () => {
  const store = new SessionStore(redis);
  for (let round = 0; round < 30; round++) {
    const owner = someone();
    const token = await store.open(owner, visitor);
    const acts = [() => store.closeAll(owner), () => store.rotate(token)];
    const [, renewed] = await Promise.all(
      round % 2
        ? acts.map((act) => act())
        : acts
            .toReversed()
            .map((act) => act())
            .toReversed(),
    );
    assert.equal(await store.touch(token), null);
    if (typeof renewed === 'string') assert.equal(await store.touch(renewed), null);
  }
});

test('an orphan document is not a session', async () => {
  const store = new SessionStore(redis);
  const owner = someone();
  const token = await store.open(owner, visitor);
  await redis.del(`sessions:{${owner}}`);
  assert.equal(await store.touch(token), null);
  assert.equal(await store.rotate(token), null);
});

test('an account keeps its newest sessions only', async () => {
  const store = new SessionStore(redis, { perOwner: 3 });
  const owner = someone();
  const tokens = [];
  for (let n = 0; n < 5; n++) {
    tokens.push(await store.open(owner, visitor));
    await sleep(3);
  }
  const alive = await Promise.all(tokens.map(async (token) => (await store.touch(token)) !== null));
  assert.deepEqual(alive, [false, false, true, true, true]);
});

test('devices are listed without their secrets', async () => {
  const store = new SessionStore(redis);
  const owner = someone();
  await store.open(owner, { ...visitor, device: { name: 'Téléphone', address: '192.0.2.9' } });
  const [device] = await store.list(owner);
  assert.deepEqual([device?.name, device?.address], ['Téléphone', '192.0.2.9']);
  assert.ok(device.expiresInMs > 29 * 60_000);
});

test('a server that forgot its scripts is taught again', async () => {
  const store = new SessionStore(redis);
  const token = await store.open(someone(), visitor);
  await redis.script('FLUSH');
  assert.deepEqual(await store.touch(token), visitor);
});
