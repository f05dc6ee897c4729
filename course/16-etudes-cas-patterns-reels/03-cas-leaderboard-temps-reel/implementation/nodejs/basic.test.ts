import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { page, rankOf, submit } from './basic.ts';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
after(() => redis.disconnect());

const someBoard = () => `essai:${randomUUID()}`;

test('the best score is kept, a lower one and a replayed one change nothing', async () => {
  const board = someBoard();
  assert.equal(await submit(redis, board, 'ines', 300), true);
  assert.equal(await submit(redis, board, 'ines', 200), false);
  assert.equal(await submit(redis, board, 'ines', 300), false);
  assert.equal(await submit(redis, board, 'ines', 301), true);
  assert.deepEqual(await rankOf(redis, board, 'ines'), { rank: 1, player: 'ines', points: 301 });
});

test('a hundred games that arrive together leave the best one', async () => {
  const board = someBoard();
  const games = Array.from({ length: 100 }, (_, n) => submit(redis, board, 'ines', (n * 37) % 101));
  await Promise.all(games);
  assert.equal((await rankOf(redis, board, 'ines'))?.points, 100);
});

test('pages follow one another without a gap, and end', async () => {
  const board = someBoard();
  for (let n = 0; n < 25; n++) await submit(redis, board, `j${n}`, n);
  const pages = await Promise.all([0, 10, 20, 30].map((from) => page(redis, board, from, 10)));
  assert.deepEqual(
    pages.map((lines) => lines.length),
    [10, 10, 5, 0],
  );
  const all = pages.flat();
  assert.deepEqual(
    all.map(({ rank, player }) => [rank, player]),
    Array.from({ length: 25 }, (_, n) => [n + 1, `j${24 - n}`]),
  );
});

test('who never played has no rank', async () => {
  assert.equal(await rankOf(redis, someBoard(), 'personne'), null);
});
