import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { start } from './gateway.ts';
import {
  backoffMs,
  CircuitBreaker,
  connect,
  createGuard,
  createMetrics,
  defaults,
  failureOf,
  LocalWindow,
  type Route,
} from './production.ts';
import { Relay } from './relay.ts';

const url = process.env.REDIS_URL ?? 'redis://localhost:6379';
const silent = pino({ level: 'silent' });
const relay = new Relay(url);
const direct = new Redis(url);
const search: Route = {
  name: 'recherche',
  policy: { algorithm: 'fixed-window', limit: 40, windowMs: 60_000 },
  onFailure: 'open',
};
const login: Route = { ...search, name: 'connexion', onFailure: 'closed' };

before(() => relay.open());
beforeEach(() => relay.stall(false));
after(async () => {
  await relay.cut();
  direct.disconnect();
});

/** Time enough for a machine that does something else; the tests of slowness set their own. */
const patient = { ...defaults, commandTimeoutMs: 5000, budgetMs: 20_000 };

/** A guard behind the relay, its connection ready, its metrics at hand. */
async function guarded(route: Route, over: Partial<typeof defaults> = {}) {
  const configuration = { ...patient, redisUrl: relay.url, ...over };
  const redis = connect(configuration);
  redis.on('error', () => undefined);
  try {
    await until(() => redis.status === 'ready');
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const registry = new Registry();
  const guard = createGuard(route, redis, configuration, createMetrics(registry), silent);
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const metric = await registry.getSingleMetric(name)?.get();
    const match = metric?.values.find((one) =>
      Object.entries(labels).every(([key, label]) => one.labels[key] === label),
    );
    return match?.value ?? 0;
  };
  return { guard, redis, value, [Symbol.dispose]: () => redis.disconnect() };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < end, 'the condition never came');
  }
}

test('Redis answers: its decision is given, and counted', async () => {
  using it = await guarded(search);
  const client = randomUUID();
  const answers = await Promise.all(Array.from({ length: 50 }, () => it.guard.check(client)));
  assert.equal(answers.filter((answer) => answer.admitted).length, 40);
  assert.ok(answers.every((answer) => answer.source === 'redis'));
  assert.equal(await it.value('rate_limit_checks_total', { result: 'admitted', source: 'redis' }), 40);
  assert.equal(await it.value('rate_limit_checks_total', { result: 'refused', source: 'redis' }), 10);
  assert.equal(await it.value('rate_limit_check_duration_seconds', { le: '+Inf' }), 50);
});

test('Redis down, open route: each gateway lets its share pass, no more', async () => {
  using it = await guarded(search);
  await relay.cut();
  try {
    const client = randomUUID();
    const answers = [];
    for (let i = 0; i < 30; i++) answers.push(await it.guard.check(client));
    assert.equal(
      answers.filter((answer) => answer.admitted).length,
      10,
      'a quarter of 40: there are four gateways',
    );
    assert.ok(answers.every((answer) => answer.source === 'local'));
    assert.equal(it.guard.degraded, true);
    assert.equal(await it.value('rate_limit_breaker_open', { route: 'recherche' }), 1);
  } finally {
    await relay.open();
  }
});

test('Redis down, closed route: nothing passes, and the answer says when to come back', async () => {
  using it = await guarded(login);
  await relay.cut();
  try {
    const answer = await it.guard.check(randomUUID());
    assert.deepEqual(answer, { admitted: false, remaining: 0, waitMs: 1000, source: 'closed' });
  } finally {
    await relay.open();
  }
});

test('Redis slow: decisions keep to their budget, then the breaker stops asking', async () => {
  using it = await guarded(search, { commandTimeoutMs: 60, breakerOpenMs: 600_000 });
  relay.stall(true);
  const client = randomUUID();
  for (let i = 0; i < 5; i++) assert.equal((await it.guard.check(client)).source, 'local');
  assert.equal(await it.value('rate_limit_failures_total', { kind: 'timeout' }), 5);
  for (let i = 0; i < 100; i++) await it.guard.check(client);
  assert.equal(
    await it.value('rate_limit_failures_total', { kind: 'timeout' }),
    5,
    'the open breaker asks nothing',
  );
});

test('a time-out is never retried: the request is counted once at most', async () => {
  using it = await guarded(search, { commandTimeoutMs: 60, breakerFailures: 1000 });
  const client = randomUUID();
  const busy = direct.eval('local s = os.clock() while os.clock() - s < 0.2 do end', 0);
  assert.equal((await it.guard.check(client)).source, 'local');
  await busy;
  await until(async () => (await direct.exists(`rl:{${client}}:recherche`)) === 1);
  assert.equal(await direct.get(`rl:{${client}}:recherche`), '1');
  assert.equal(await it.value('rate_limit_retries_total'), 0);
});

test('Redis restarted: connections cut, keys and scripts lost; the guard comes back by itself', async () => {
  using it = await guarded(search, { breakerOpenMs: 50 });
  const client = randomUUID();
  assert.equal((await it.guard.check(client)).source, 'redis');
  await relay.cut();
  for (let i = 0; i < 5; i++) await it.guard.check(client);
  assert.equal(it.guard.degraded, true);
  await direct.script('FLUSH');
  await direct.del(`rl:{${client}}:recherche`);
  await relay.open();
  await until(async () => (await it.guard.check(client)).source === 'redis');
  assert.equal(it.guard.degraded, false);
  assert.equal(await direct.get(`rl:{${client}}:recherche`), '1');
});

test("a caller's mistake is thrown, not taken for a failure of Redis", async () => {
  using it = await guarded({
    ...search,
    policy: { algorithm: 'token-bucket', capacity: 5, ratePerSecond: 1 },
  });
  await assert.rejects(() => it.guard.check(randomUUID(), 6), RangeError);
  assert.equal(it.guard.degraded, false);
});

test('the gateway: 200, 429, 503, metrics, health, and a clean shutdown', async () => {
  const gateway = await start([search, login], { ...patient, redisUrl: relay.url }, 0, silent);
  const address = gateway.server.address();
  assert.ok(address && typeof address === 'object');
  const origin = `http://127.0.0.1:${address.port}`;
  const ask = (path: string, client: string) => fetch(origin + path, { headers: { 'x-api-key': client } });
  try {
    const client = randomUUID();
    await until(
      async () => (await ask('/recherche', randomUUID())).headers.get('ratelimit') === '"default";r=39',
    );
    const statuses = [];
    for (let i = 0; i < 41; i++) statuses.push((await ask('/recherche', client)).status);
    assert.deepEqual([...new Set(statuses.slice(0, 40)), statuses[40]], [200, 429]);
    await relay.cut();
    const refused = await ask('/connexion', client);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    const exposed = await (await fetch(`${origin}/metrics`)).text();
    assert.match(exposed, /rate_limit_checks_total\{route="connexion",result="refused",source="closed"\} 1/);
    for (let i = 0; i < 5; i++) await ask('/connexion', client);
    assert.deepEqual(await (await fetch(`${origin}/healthz`)).json(), { degraded: true });
    assert.equal((await fetch(`${origin}/inconnu`)).status, 404);
  } finally {
    await gateway.stop();
    await relay.open();
  }
  await assert.rejects(() => fetch(`${origin}/healthz`));
});

test('back-off: exponential, bounded, and never the same for two callers', () => {
  assert.equal(
    backoffMs(3, 10, 1000, () => 1),
    80,
  );
  assert.equal(
    backoffMs(30, 10, 1000, () => 1),
    1000,
  );
  assert.equal(
    backoffMs(3, 10, 1000, () => 0),
    0,
  );
  assert.ok(new Set(Array.from({ length: 100 }, () => backoffMs(5, 10, 1000))).size > 90);
});

test('breaker: opens after the threshold, lets one try pass a period, closes on success', () => {
  const breaker = new CircuitBreaker(3, 1000);
  for (let i = 0; i < 2; i++) breaker.failed(0);
  assert.equal(breaker.open, false);
  breaker.failed(0);
  assert.deepEqual([breaker.allows(499), breaker.allows(1500), breaker.allows(1501)], [false, true, false]);
  breaker.failed(1600);
  assert.equal(breaker.allows(2000), false);
  breaker.succeeded();
  assert.deepEqual([breaker.open, breaker.allows(2001)], [false, true]);
});

test('local window: bounded in clients, and it ends', () => {
  const local = new LocalWindow(1, 1000);
  assert.equal(local.check('a', 0).admitted, true);
  assert.deepEqual(local.check('a', 400), { admitted: false, remaining: 0, waitMs: 600 });
  assert.equal(local.check('a', 1000).admitted, true);
  for (let i = 0; i < 10_000; i++) local.check(`client-${i}`, 1000);
  assert.equal(local.check('a', 1001).admitted, true, 'the oldest was forgotten');
});

test('errors are told apart', () => {
  const kinds = {
    "Stream isn't writeable and enableOfflineQueue options is false": 'not-sent',
    'LOADING Redis is loading the dataset in memory': 'unavailable',
    "READONLY You can't write against a read only replica.": 'unavailable',
    "OOM command not allowed when used memory > 'maxmemory'.": 'unavailable',
    'Command timed out': 'timeout',
    'NOAUTH Authentication required.': 'denied',
    'Connection is closed.': 'connection',
    'WRONGTYPE Operation against a key holding the wrong kind of value': 'unexpected',
  };
  for (const [message, kind] of Object.entries(kinds)) assert.equal(failureOf(new Error(message)), kind);
});
