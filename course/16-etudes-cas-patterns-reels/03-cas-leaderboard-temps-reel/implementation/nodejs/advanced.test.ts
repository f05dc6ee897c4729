import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { Leaderboard, maxPoints, pointsOf, scoreOf, type Period } from './advanced.ts';
import { ShardedBoard } from './sharded.ts';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
after(() => redis.disconnect());

const opened = new Date('2026-01-05T00:00:00Z');
const game = () => `essai-${randomUUID()}`;
const board = () => new Leaderboard(redis, game(), opened);
const names = (lines: { player: string }[]) => lines.map(({ player }) => player);

test('points and arrival come back from a score exactly, up to the last bit', () => {
  for (const points of [0, 1, 4095, maxPoints - 1, maxPoints])
    for (const second of [0, 1, 31_536_000, 2 ** 28 - 1])
      assert.equal(pointsOf(scoreOf(points, second)), points);
  assert.ok(scoreOf(maxPoints, 0) <= Number.MAX_SAFE_INTEGER);
  assert.ok(scoreOf(8, 2 ** 28 - 1) > scoreOf(7, 0), 'a point always outweighs every arrival');
  for (const [points, second] of [
    [-1, 0],
    [0.5, 0],
    [maxPoints + 1, 0],
    [0, -1],
    [0, 2 ** 28],
    [Number.NaN, 0],
  ] as const)
    assert.throws(() => scoreOf(points, second), RangeError);
});

test('equal points are ranked by arrival, whatever the names and the order of the calls', async () => {
  const made = board();
  const now = Date.now();
  await made.submit('zoe', 500, now - 30_000);
  await made.submit('ali', 500, now - 10_000);
  await made.submit('mia', 500, now - 20_000);
  assert.deepEqual(names(await made.page('all', 0, 3)), ['zoe', 'mia', 'ali']);
  assert.deepEqual(await made.submit('zoe', 500, now), [], 'the same points later improve nothing');
  assert.equal((await made.rankOf('all', 'zoe'))?.rank, 1);
});

test('each period keeps its own best, and yesterday leaves the day', async () => {
  const made = board();
  const now = Date.UTC(2026, 10, 25, 12); // un mercredi
  assert.deepEqual(await made.submit('ines', 900, now - 86_400_000), ['day', 'week', 'all']);
  assert.deepEqual(await made.submit('ines', 400, now), ['day']);
  const scores = await Promise.all(
    (['day', 'week', 'all'] as Period[]).map((period) => redis.zscore(made.key(period, now), 'ines')),
  );
  assert.deepEqual(
    scores.map((score) => pointsOf(Number(score))),
    [400, 900, 900],
  );
});

test('a week begins on Monday, and its key bears that date', () => {
  const made = board();
  const monday = made.key('week', Date.UTC(2026, 10, 23));
  assert.match(monday, /:week:2026-11-23$/);
  assert.equal(made.key('week', Date.UTC(2026, 10, 29, 23, 59, 59)), monday);
  assert.match(made.key('week', Date.UTC(2026, 10, 30)), /:week:2026-11-30$/);
});

test('periods expire, the first writing decides when, and all time does not', async () => {
  const made = board();
  await made.submit('ines', 1);
  assert.equal(await redis.ttl(made.key('all')), -1);
  for (const [period, days] of [
    ['day', 8],
    ['week', 35],
  ] as const) {
    const ttl = await redis.ttl(made.key(period));
    assert.ok(ttl > (days - 1) * 86_400 && ttl <= days * 86_400);
    await redis.expire(made.key(period), 1000);
    await made.submit('ines', 2);
    assert.ok((await redis.ttl(made.key(period))) <= 1000, 'a later score does not push it away');
  }
});

test('a game that is awarded twice counts once, and a hundred games count a hundred times', async () => {
  const made = board();
  assert.equal(await made.award('ines', 'partie-1', 30), 30);
  assert.equal(await made.award('ines', 'partie-1', 30), 30);
  await Promise.all(Array.from({ length: 100 }, (_, n) => made.award('ines', `autre-${n}`, 2)));
  assert.equal(await made.award('ines', 'derniere', 0), 230);
});

test('a total that would not fit in a score is refused and nothing is counted', async () => {
  const made = board();
  await made.award('ines', 'a', maxPoints);
  await assert.rejects(made.award('ines', 'b', 1), RangeError);
  await assert.rejects(made.award('ines', 'b', 1), RangeError, 'the refused game was not marked as counted');
  assert.equal(await made.award('ines', 'c', 0), maxPoints);
});

test('a player stands among neighbours, cut at both ends of the board', async () => {
  const made = board();
  const now = Date.now();
  for (let n = 0; n < 30; n++) await made.submit(`j${n}`, 100 + n, now);
  const around = await made.around('all', 'j15', 2);
  assert.deepEqual(
    around.map(({ rank, player, points }) => [rank, player, points]),
    [
      [13, 'j17', 117],
      [14, 'j16', 116],
      [15, 'j15', 115],
      [16, 'j14', 114],
      [17, 'j13', 113],
    ],
  );
  assert.deepEqual(names(await made.around('all', 'j29', 2)), ['j29', 'j28', 'j27']);
  assert.deepEqual(names(await made.around('all', 'j0', 2)), ['j2', 'j1', 'j0']);
  assert.deepEqual(await made.around('all', 'personne', 2), []);
});

test('the neighbours survive a server that has forgotten its scripts', async () => {
  const made = board();
  await made.submit('ines', 1);
  await redis.script('FLUSH');
  assert.equal((await made.around('all', 'ines', 1)).length, 1);
});

test('friends are ranked among themselves, and those who never played are left out', async () => {
  const made = board();
  const now = Date.now();
  for (const [player, points] of [
    ['ines', 30],
    ['noah', 50],
    ['yuki', 40],
  ] as const)
    await made.submit(player, points, now);
  assert.deepEqual(await made.among('all', ['ines', 'noah', 'absente', 'yuki']), [
    { rank: 1, player: 'noah', points: 50 },
    { rank: 2, player: 'yuki', points: 40 },
    { rank: 3, player: 'ines', points: 30 },
  ]);
  assert.deepEqual(await made.among('all', []), []);
});

test('a cheat who is removed is nowhere', async () => {
  const made = board();
  await made.submit('tricheur', 9000, Date.now() - 3 * 86_400_000);
  await made.submit('tricheur', 9000);
  await made.award('tricheur', 'x', 1);
  await made.remove('tricheur');
  for (const key of await redis.keys(`${made.key('all').replace(':all', '')}*`))
    if ((await redis.type(key)) === 'zset') assert.equal(await redis.zscore(key, 'tricheur'), null, key);
  assert.equal(await made.size('all'), 0);
});

test('a board in five parts ranks as a board in one, and none is empty', async () => {
  const one = new ShardedBoard(redis, game(), 1);
  const five = new ShardedBoard(redis, game(), 5);
  const players = Array.from({ length: 300 }, (_, n) => ({ player: `j${n}`, points: (n * 7919) % 1000 }));
  for (const { player, points } of players)
    await Promise.all([one.submit(player, points, 0), five.submit(player, points, 0)]);
  assert.equal(new Set(players.map(({ player }) => five.keyOf(player))).size, 5);
  assert.deepEqual(await five.top(20), await one.top(20));
  for (const { player } of players.slice(0, 40))
    assert.deepEqual(await five.rankOf(player), await one.rankOf(player));
  assert.equal(await five.rankOf('personne'), null);
  assert.equal(await five.submit('j0', 0, 1), false);
});
