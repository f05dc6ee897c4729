import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Leaderboard, scoreOf } from './advanced.ts';
import { Breaker } from './breaker.ts';
import { pause } from './failure.ts';
import { defaults, LeaderboardUnavailable, ReliableLeaderboard, type Settings } from './production.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
const opened: ReliableLeaderboard[] = [];
before(async () => {
  twin = await startTwin();
});
afterEach(async () => {
  twin.thaw();
  for (const board of opened.splice(0)) await board.shutdown(100);
});
after(() => twin.stop());

const lines: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

async function connect(settings: Partial<Settings> = {}): Promise<ReliableLeaderboard> {
  const board = new ReliableLeaderboard(
    { url: twin.url, game: randomUUID(), commandTimeoutMs: 200, backoffMs: 10, flushMs: 30, ...settings },
    log,
  );
  opened.push(board);
  await until(() => board.redis.status === 'ready');
  return board;
}
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}
const unavailable = (failure: string) => (error: unknown) =>
  error instanceof LeaderboardUnavailable && error.failure === failure;
const valueOf = async (board: ReliableLeaderboard, series: string) =>
  Number(
    (await board.metrics())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  );
const rankedAt = (board: ReliableLeaderboard, player: string, rank: number) => async () =>
  (await board.rankOf('all', player).catch(() => null))?.rank === rank;

test('everything the board does, it does', async () => {
  const board = await connect();
  const now = Date.now();
  for (const [player, points] of [
    ['ines', 30],
    ['noah', 50],
    ['yuki', 40],
  ] as const)
    assert.deepEqual(await board.submit(player, points, now), {
      improved: ['day', 'week', 'all'],
      pending: false,
    });
  assert.equal(await board.award('ines', 'm1', 5), 5);
  const first = { rank: 1, player: 'noah', points: 50 };
  assert.deepEqual(await board.page('all', 0, 1), { lines: [first], stale: false });
  assert.equal((await board.around('day', 'yuki', 1)).length, 3);
  assert.equal((await board.among('week', ['ines', 'yuki']))[0]?.player, 'yuki');
  assert.equal(await valueOf(board, 'leaderboard_players{period="all"}'), 3);
  await board.remove('noah');
  assert.equal((await board.rankOf('all', 'yuki'))?.rank, 1);
});

test('Redis down: the known page is served, scores wait, a rank is refused; then they are ranked by arrival', async () => {
  const board = await connect({ breakerRestMs: 100 });
  const now = Date.now();
  await board.submit('ines', 30, now);
  await board.page('all', 0, 10);
  await twin.kill();
  await until(() => board.redis.status !== 'ready');

  assert.equal((await board.page('all', 0, 10)).stale, true);
  await assert.rejects(board.page('all', 10, 10), LeaderboardUnavailable);
  await assert.rejects(board.rankOf('all', 'ines'), LeaderboardUnavailable);
  assert.deepEqual(await board.submit('tard', 80, now - 1000), { improved: [], pending: true });
  assert.equal((await board.submit('tot', 80, now - 60_000)).pending, true);
  assert.equal(
    (await board.submit('tot', 10, now)).pending,
    true,
    'a lower score does not replace the kept one',
  );
  assert.equal(await valueOf(board, 'leaderboard_pending_scores'), 2);
  assert.equal(await valueOf(board, 'leaderboard_redis_up'), 0);

  await twin.start();
  await until(rankedAt(board, 'tot', 1));
  await until(rankedAt(board, 'tard', 2));
  assert.equal(await valueOf(board, 'leaderboard_pending_scores'), 0);
  assert.equal(await valueOf(board, 'leaderboard_redis_up'), 1);
});

test('a copy too old is not served', async () => {
  const board = await connect({ staleMs: 50 });
  await board.page('all', 0, 10);
  twin.freeze();
  await sleep(60);
  await assert.rejects(board.page('all', 0, 10), LeaderboardUnavailable);
});

test('a full store of waiting scores says so instead of forgetting one in silence', async () => {
  const board = await connect({ pending: 1, attempts: 1 });
  twin.freeze();
  assert.equal((await board.submit('un', 1)).pending, true);
  await assert.rejects(board.submit('deux', 1), LeaderboardUnavailable);
  assert.equal((await board.submit('un', 2)).pending, true);
  assert.equal(await valueOf(board, 'leaderboard_dropped_scores_total'), 1);
});

test('Redis slow: a game whose reply never came is awarded again and counts once', async () => {
  const board = await connect();
  await board.award('ines', 'avant', 1);
  twin.freeze();
  await assert.rejects(board.award('ines', 'perdue', 10), unavailable('timeout'));
  assert.equal(await valueOf(board, 'leaderboard_retries_total{failure="timeout"}'), 2);
  twin.thaw();
  // Trois envois sont arrivés à Redis, qui les exécute à son réveil ; l'appelant en fait un quatrième.
  await until(() =>
    board.award('ines', 'perdue', 10).then(
      (total) => total === 11,
      () => false,
    ),
  );
});

test('Redis silent: after five failures nobody waits any more, then one try closes the breaker', async () => {
  const board = await connect({ attempts: 1, breakerRestMs: 1500 });
  twin.freeze();
  for (let n = 0; n < 5; n++) await assert.rejects(board.rankOf('all', 'ines'), unavailable('timeout'));
  assert.equal(await valueOf(board, 'leaderboard_breaker_state'), 2);
  await assert.rejects(board.rankOf('all', 'ines'), unavailable('breaker'));
  twin.thaw();
  await until(() =>
    board.rankOf('all', 'ines').then(
      () => true,
      () => false,
    ),
  );
  assert.equal(await valueOf(board, 'leaderboard_breaker_state'), 0);
});

test('Redis read-only: the board is read, scores wait, and are ranked after promotion', async () => {
  const board = await connect({ breakerRestMs: 100 });
  await board.submit('ines', 30);
  const admin = twin.admin();
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  try {
    assert.equal((await board.submit('noah', 90)).pending, true);
    assert.ok((await valueOf(board, 'leaderboard_retries_total{failure="readonly"}')) > 0);
    await until(rankedAt(board, 'ines', 1));
  } finally {
    await admin.call('REPLICAOF', 'NO', 'ONE');
  }
  await until(rankedAt(board, 'noah', 1));
});

test('Redis full: the board is read, a score waits without being hammered, and no breaker opens', async () => {
  const board = await connect();
  await board.submit('ines', 30);
  const admin = twin.admin();
  await admin.call('CONFIG', 'SET', 'maxmemory', '1');
  try {
    assert.equal((await board.submit('noah', 90)).pending, true);
    await assert.rejects(board.award('ines', 'm', 1), unavailable('full'));
    assert.equal(await valueOf(board, 'leaderboard_retries_total{failure="full"}'), 0);
    await until(rankedAt(board, 'ines', 1));
  } finally {
    await admin.call('CONFIG', 'SET', 'maxmemory', '0');
  }
  await until(rankedAt(board, 'noah', 1));
});

test('a defect of the code is thrown as it is, and opens no breaker', async () => {
  const game = randomUUID();
  const board = await connect({ game });
  await twin.admin().set(`lb:{${game}}:all`, 'not a board');
  for (let n = 0; n < 6; n++) await assert.rejects(board.rankOf('all', 'ines'), /WRONGTYPE/);
  await assert.rejects(board.submit('ines', -1), RangeError);
  assert.equal(await valueOf(board, 'leaderboard_breaker_state'), 0);
  assert.equal(await valueOf(board, 'leaderboard_pending_scores'), 0);
});

test('a log line says what happened', async () => {
  const board = await connect();
  lines.length = 0;
  await board.submit('ines', 30);
  const { event, outcome, key, latency_ms: latency } = lines.find((line) => line.event === 'submit') ?? {};
  assert.deepEqual([event, outcome, key, typeof latency], ['submit', 'ok', 'ines', 'number']);
});

test('shutting down lets the calls under way finish, sends what waits, and refuses the others', async () => {
  const game = randomUUID();
  const board = await connect({ game, attempts: 1, breakerFailures: 100, flushMs: 60_000 });
  twin.freeze();
  assert.equal((await board.submit('garde', 70)).pending, true);
  twin.thaw();
  await until(rankedAt(board, 'garde', 1)); // parti avant le délai : Redis l'exécute à son réveil
  await twin.admin().flushall(); // comme si rien n'était arrivé
  const underWay = board.submit('ines', 30);
  const stopping = board.shutdown();
  await assert.rejects(board.submit('noah', 1), LeaderboardUnavailable);
  assert.equal((await underWay).pending, false);
  await stopping;
  await until(() => board.redis.status === 'end');
  const found = await new Leaderboard(twin.admin(), game, defaults.openedAt).page('all', 0, 5);
  assert.deepEqual(
    found.map(({ player }) => player),
    ['garde', 'ines'],
  );
});

test('a half-open breaker lets one caller try', async () => {
  const breaker = new Breaker(2, 20);
  breaker.fail();
  assert.equal(breaker.state, 'closed');
  breaker.fail();
  assert.deepEqual([breaker.state, breaker.admit()], ['open', false]);
  await until(() => breaker.state === 'half-open');
  assert.deepEqual([breaker.admit(), breaker.admit()], [true, false]);
  breaker.succeed();
  assert.equal(breaker.state, 'closed');
});

const longest = (attempt: number) => Math.max(...Array.from({ length: 500 }, () => pause(attempt, defaults)));

test('pauses grow, stay under their cap, and differ from one caller to another', () => {
  assert.ok(longest(1) <= 50 && longest(3) > 50 && longest(3) <= 200 && longest(12) <= 1000);
  assert.ok(new Set(Array.from({ length: 50 }, () => pause(4, defaults))).size > 40);
});

test('the game has room left for its arrivals', () => {
  assert.ok(scoreOf(1, Math.floor((Date.now() - defaults.openedAt.getTime()) / 1000)) > 0);
});
