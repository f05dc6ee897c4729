import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { addToCart, close, open, read, type Session } from './basic.ts';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
after(() => redis.disconnect());

const visitor: Session = {
  user: null,
  device: { name: 'Essai', address: '192.0.2.1' },
  prefs: { theme: 'sombre' },
  cart: {},
  recent: [],
};

test('a session is read back as it was written, and expires', async () => {
  const id = await open(redis, visitor);
  assert.deepEqual(await read(redis, id), visitor);
  const ttl = await redis.pttl(`session:${id}`);
  assert.ok(ttl > 29 * 60_000 && ttl <= 30 * 60_000);
});

test('reading slides the expiry', async () => {
  const id = await open(redis, visitor);
  await redis.pexpire(`session:${id}`, 60_000);
  await read(redis, id);
  assert.ok((await redis.pttl(`session:${id}`)) > 29 * 60_000);
});

test('a hundred tabs fill one cart without losing a book', async () => {
  const id = await open(redis, visitor);
  await Promise.all(Array.from({ length: 100 }, (_, n) => addToCart(redis, id, `livre-${n % 4}`, 1)));
  assert.deepEqual((await read(redis, id))?.cart, {
    'livre-0': 25,
    'livre-1': 25,
    'livre-2': 25,
    'livre-3': 25,
  });
});

test('a dead session stays dead, whatever is asked of it', async () => {
  const id = await open(redis, visitor);
  await close(redis, id);
  assert.equal(await read(redis, id), null);
  assert.equal(await addToCart(redis, id, 'livre-1', 1), null);
  assert.equal(await redis.exists(`session:${id}`), 0);
});

test('a reference cannot leave its brackets', async () => {
  const id = await open(redis, visitor);
  await assert.rejects(addToCart(redis, id, 'x"],$["user', 1), RangeError);
  assert.equal((await read(redis, id))?.user, null);
});
