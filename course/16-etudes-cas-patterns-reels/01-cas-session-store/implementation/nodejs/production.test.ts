import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { parseToken, type Session } from './advanced.ts';
import { Breaker } from './breaker.ts';
import { pause } from './failure.ts';
import { defaults, ReliableSessions, SessionsUnavailable, type Settings } from './production.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
const opened: ReliableSessions[] = [];
before(async () => {
  twin = await startTwin();
});
afterEach(async () => {
  twin.thaw();
  for (const sessions of opened.splice(0)) await sessions.shutdown(100);
});
after(() => twin.stop());

const visitor: Session = {
  user: null,
  device: { name: 'Essai', address: '192.0.2.1' },
  prefs: {},
  cart: {},
  recent: [],
};
const someone = () => `essai-${randomUUID().slice(0, 13)}`;
const lines: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });

async function connect(settings: Partial<Settings> = {}): Promise<ReliableSessions> {
  const sessions = new ReliableSessions(
    { url: twin.url, commandTimeoutMs: 200, backoffMs: 10, ...settings },
    {},
    log,
  );
  opened.push(sessions);
  await until(() => sessions.redis.status === 'ready');
  return sessions;
}
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}
const unavailable = (failure: string) => (error: unknown) =>
  error instanceof SessionsUnavailable && error.failure === failure;
const valueOf = async (sessions: ReliableSessions, series: string) =>
  Number(
    (await sessions.metrics())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  );

test('everything the store does, it does', async () => {
  const sessions = await connect();
  const [anonymous, owner] = [someone(), someone()];
  const first = await sessions.open(anonymous, visitor);
  assert.equal(await sessions.addToCart(first, 'livre-1', 2), 2);
  assert.equal(await sessions.setPreference(first, 'theme', 'clair'), true);
  const token = (await sessions.login(first, owner))!;
  const renewed = (await sessions.rotate(token))!;
  const expected = { ...visitor, user: owner, prefs: { theme: 'clair' }, cart: { 'livre-1': 2 } };
  assert.deepEqual(await sessions.touch(renewed), { session: expected, stale: false });
  assert.equal((await sessions.list(owner)).length, 1);
  assert.equal(await sessions.closeAll(owner), 1);
  assert.equal(await sessions.touch(renewed), null);
});

test('Redis down: a recent copy is served and marked, a stranger and a write are refused, then all returns', async () => {
  const sessions = await connect({ breakerRestMs: 100 });
  const known = await sessions.open(someone(), visitor);
  const unseen = await sessions.open(someone(), visitor);
  await sessions.touch(known);
  await twin.kill();
  await until(() => sessions.redis.status !== 'ready');

  assert.deepEqual(await sessions.touch(known), { session: visitor, stale: true });
  await assert.rejects(sessions.touch(unseen), SessionsUnavailable);
  await assert.rejects(sessions.addToCart(known, 'livre-1', 1), SessionsUnavailable);
  assert.equal(await valueOf(sessions, 'sessions_redis_up'), 0);
  assert.ok((await valueOf(sessions, 'sessions_stale_served_total')) >= 1);

  await twin.start();
  await until(() =>
    sessions.touch(known).then(
      (visit) => visit === null,
      () => false,
    ),
  );
  assert.equal(await valueOf(sessions, 'sessions_redis_up'), 1);
  assert.ok(await sessions.open(someone(), visitor));
});

test('a copy too old is not served', async () => {
  const sessions = await connect({ staleMs: 50 });
  const token = await sessions.open(someone(), visitor);
  await sessions.touch(token);
  twin.freeze();
  await sleep(60);
  await assert.rejects(sessions.touch(token), SessionsUnavailable);
});

test('a closed session is not served from a copy', async () => {
  const sessions = await connect();
  const owner = someone();
  const token = await sessions.open(owner, visitor);
  await sessions.touch(token);
  await sessions.closeAll(owner);
  twin.freeze();
  await assert.rejects(sessions.touch(token), SessionsUnavailable);
});

test('Redis slow: a read is tried again, an addition is not, and counts once', async () => {
  const sessions = await connect();
  const token = await sessions.open(someone(), visitor);
  await sessions.addToCart(token, 'livre-1', 1);
  twin.freeze();
  await assert.rejects(sessions.addToCart(token, 'livre-1', 1), unavailable('timeout'));
  assert.equal(await valueOf(sessions, 'sessions_retries_total{failure="timeout"}'), 0);
  await assert.rejects(sessions.list(someone()), unavailable('timeout'));
  assert.equal(await valueOf(sessions, 'sessions_retries_total{failure="timeout"}'), 2);
  twin.thaw();
  // L'ajout était parti : Redis l'a exécuté après que nous avons cessé d'attendre. Le rejouer l'aurait doublé.
  await until(async () => (await sessions.touch(token).catch(() => null))?.session.cart['livre-1'] === 2);
});

test('Redis silent: after five failures nobody waits any more, then one try closes the breaker', async () => {
  const sessions = await connect({ attempts: 1, breakerRestMs: 300 });
  const owner = someone();
  twin.freeze();
  for (let n = 0; n < 5; n++) await assert.rejects(sessions.list(owner), unavailable('timeout'));
  assert.equal(await valueOf(sessions, 'sessions_breaker_state'), 2);
  await assert.rejects(sessions.list(owner), unavailable('breaker'));
  twin.thaw();
  await until(() =>
    sessions.list(owner).then(
      () => true,
      () => false,
    ),
  );
  assert.equal(await valueOf(sessions, 'sessions_breaker_state'), 0);
});

test('Redis read-only: sessions are still read, writing is refused, and the writer comes back after promotion', async () => {
  const sessions = await connect();
  const token = await sessions.open(someone(), visitor);
  const admin = twin.admin();
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  try {
    assert.deepEqual((await sessions.touch(token))?.session, visitor);
    await assert.rejects(sessions.addToCart(token, 'livre-1', 1), SessionsUnavailable);
    assert.ok((await valueOf(sessions, 'sessions_retries_total{failure="readonly"}')) > 0);
  } finally {
    await admin.call('REPLICAOF', 'NO', 'ONE');
  }
  const added = () =>
    sessions.addToCart(token, 'livre-1', 1).then(
      (count) => count === 1,
      () => false,
    );
  await until(added);
});

test('Redis full: sessions are read and slide, opening is refused at once, and no retry hammers it', async () => {
  const sessions = await connect();
  const owner = someone();
  const token = await sessions.open(owner, visitor);
  const admin = twin.admin();
  const { owner: tag, id } = parseToken(token)!;
  await admin.pexpire(`session:{${tag}}:${id}`, 1000);
  await admin.call('CONFIG', 'SET', 'maxmemory', '1');
  try {
    assert.deepEqual((await sessions.touch(token))?.session, visitor);
    assert.ok(
      (await admin.pttl(`session:{${tag}}:${id}`)) > 60_000,
      'a full Redis still lets sessions slide',
    );
    await assert.rejects(sessions.open(someone(), visitor), unavailable('full'));
    assert.equal(await valueOf(sessions, 'sessions_retries_total{failure="full"}'), 0);
    assert.equal(await sessions.closeAll(owner), 1);
  } finally {
    await admin.call('CONFIG', 'SET', 'maxmemory', '0');
  }
});

test('a defect of the code is thrown as it is, and opens no breaker', async () => {
  const sessions = await connect();
  const owner = someone();
  const admin = twin.admin();
  await admin.set(`sessions:{${owner}}`, 'not an index');
  for (let n = 0; n < 6; n++) await assert.rejects(sessions.list(owner), /WRONGTYPE/);
  assert.equal(await valueOf(sessions, 'sessions_breaker_state'), 0);
});

test('a log line says what happened, and no line holds a secret', async () => {
  const sessions = await connect();
  lines.length = 0;
  const token = await sessions.open(someone(), visitor);
  await sessions.touch(token);
  const { event, outcome, key, latency_ms: latency } = lines.find((line) => line.event === 'touch') ?? {};
  assert.deepEqual([event, outcome, typeof latency], ['touch', 'ok', 'number']);
  assert.match(String(key), /^session:\{essai-[\w-]+\}:[\w-]{6}…$/);
  assert.ok(!JSON.stringify(lines).includes(token.split('.')[1]));
});

test('shutting down lets the calls under way finish and refuses the others', async () => {
  const sessions = await connect();
  const token = await sessions.open(someone(), visitor);
  const underWay = sessions.touch(token);
  const stopping = sessions.shutdown();
  await assert.rejects(sessions.touch(token), SessionsUnavailable);
  assert.deepEqual((await underWay)?.session, visitor);
  await stopping;
  await until(() => sessions.redis.status === 'end');
});

test('a half-open breaker lets one caller try', async () => {
  const breaker = new Breaker(2, 20);
  breaker.fail();
  assert.equal(breaker.state, 'closed');
  breaker.fail();
  assert.deepEqual([breaker.state, breaker.admit()], ['open', false]);
  await until(() => breaker.state === 'half-open');
  assert.deepEqual([breaker.admit(), breaker.admit()], [true, false]);
  breaker.fail();
  assert.equal(breaker.state, 'open');
  await until(() => breaker.admit());
  breaker.succeed();
  assert.equal(breaker.state, 'closed');
});

const longest = (attempt: number) => Math.max(...Array.from({ length: 500 }, () => pause(attempt, defaults)));

test('pauses grow, stay under their cap, and differ from one caller to another', () => {
  assert.ok(longest(1) <= 50 && longest(3) > 50 && longest(3) <= 200 && longest(12) <= 1000);
  assert.ok(new Set(Array.from({ length: 50 }, () => pause(4, defaults))).size > 40);
});

const version = async (redis: Redis) => /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];

test('the twin is the same Redis as the one of REDIS_URL', async () => {
  const model = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
  assert.equal(await version(twin.admin()), await version(model));
  model.disconnect();
});
