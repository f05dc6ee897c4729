import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { Breaker } from './breaker.ts';
import { RetryBudget } from './budget.ts';
import { CallFailed, ReliableCanteen, type Settings } from './production.ts';
import { startRelay, type Relay } from './relay.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let relay: Relay;
let admin: Redis;
const made: ReliableCanteen[] = [];

before(async () => {
  twin = await startTwin();
  relay = await startRelay(twin.url);
  admin = twin.admin();
});
afterEach(async () => {
  twin.thaw();
  for (const canteen of made.splice(0)) await canteen.shutdown(100);
});
after(async () => {
  relay.stop();
  await twin.stop();
});

async function open(settings: Partial<Settings> = {}, lines: string[] = []): Promise<ReliableCanteen> {
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const canteen = new ReliableCanteen(
    { url: twin.url, commandTimeoutMs: 100, backoffMs: 10, breakerRestMs: 200, ...settings },
    log,
  );
  made.push(canteen);
  if (canteen.redis.status !== 'ready') await new Promise((ready) => canteen.redis.once('ready', ready));
  return canteen;
}

async function value(canteen: ReliableCanteen, series: string): Promise<number> {
  const line = (await canteen.guard.expose()).split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(20)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}

const failsAs =
  (...expected: string[]) =>
  (error: unknown) =>
    error instanceof CallFailed && expected.includes(error.failure);
const card = async (cents = 1000) => {
  const name = `essai-${randomUUID().slice(0, 8)}`;
  await admin.set(`carte:{${name}}`, cents);
  return name;
};

test('down: the known menu is served stale, the debit fails frankly; back: everything is', async () => {
  const canteen = await open();
  await admin.hset('menu:lundi', { plat: 'Gratin' });
  assert.deepEqual(await canteen.menu('lundi'), { menu: { plat: 'Gratin' }, stale: false });
  const name = await card();
  await twin.kill();
  assert.deepEqual(await canteen.menu('lundi'), { menu: { plat: 'Gratin' }, stale: true });
  await assert.rejects(canteen.menu('mardi'), failsAs('unreachable', 'breaker'));
  await assert.rejects(canteen.debit(name, 450), failsAs('unreachable', 'breaker'));
  assert.equal(await value(canteen, 'redis_up'), 0);
  assert.equal(await value(canteen, 'redis_fallbacks_total{operation="menu"}'), 1);
  await twin.start();
  await until(async () => {
    const shown = await canteen.menu('lundi').catch(() => null);
    return shown !== null && !shown.stale;
  });
  assert.equal(await value(canteen, 'redis_up'), 1);
});

test('a copy too old is not shown', async () => {
  const canteen = await open({ staleMs: 30 });
  await canteen.menu('lundi');
  twin.freeze();
  await sleep(60);
  await assert.rejects(canteen.menu('lundi'), failsAs('timeout'));
});

test('frozen: no call lasts longer than its budget, and the breaker spares the following ones', async () => {
  const canteen = await open({ attempts: 2, breakerFailures: 4, breakerRestMs: 60_000 });
  const name = await card();
  twin.freeze();
  await assert.rejects(canteen.debit(name, 450), failsAs('timeout'));
  await assert.rejects(canteen.debit(name, 450), failsAs('timeout'));
  assert.equal(await value(canteen, 'redis_breaker_state'), 2);
  const attempts = await value(canteen, 'redis_attempts_total');
  for (let n = 0; n < 20; n++) await assert.rejects(canteen.debit(name, 450), failsAs('breaker'));
  assert.equal(await value(canteen, 'redis_attempts_total'), attempts);
});

test('one trial closes the breaker again', async () => {
  const canteen = await open({ attempts: 1, breakerFailures: 2, breakerRestMs: 100 });
  twin.freeze();
  for (let n = 0; n < 2; n++) await assert.rejects(canteen.tip(1), failsAs('timeout'));
  twin.thaw();
  await until(async () => (await canteen.tip(1).catch(() => 0)) > 0);
  assert.equal(await value(canteen, 'redis_breaker_state'), 0);
});

test('the same passage given again after a failure debits once, and is counted', async () => {
  const canteen = await open({ url: relay.url, attempts: 1 });
  const [name, passage] = [await card(), randomUUID()];
  relay.cutReplies(1);
  await assert.rejects(canteen.debit(name, 450, passage), failsAs('lost'));
  await until(async () => canteen.redis.status === 'ready');
  assert.deepEqual(await canteen.debit(name, 450, passage), { outcome: 'again', left: 550 });
  assert.equal(await value(canteen, 'redis_replays_total'), 1);
  assert.equal(await admin.get(`carte:{${name}}`), '550');
});

test('a full server: refused at once, no retry, the breaker stays closed, reading goes on', async () => {
  const canteen = await open();
  const name = await card();
  await admin.config('SET', 'maxmemory', '1');
  try {
    for (let n = 0; n < 10; n++) await assert.rejects(canteen.debit(name, 450), failsAs('full'));
    await canteen.menu('lundi');
    assert.equal(await value(canteen, 'redis_attempts_total'), 11);
    assert.equal(await value(canteen, 'redis_breaker_state'), 0);
    assert.ok((await value(canteen, 'redis_server_errors{code="OOM"}')) >= 10);
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
});

test('the budget of retries bounds what a fault costs', async () => {
  const canteen = await open({ retryReserve: 5, retryShare: 0.1, breakerFailures: 1000, budgetMs: 60_000 });
  twin.freeze();
  for (let n = 0; n < 10; n++) await assert.rejects(canteen.debit('x', 1), failsAs('timeout'));
  assert.equal(await value(canteen, 'redis_retries_total{failure="timeout"}'), 5);
  assert.ok((await value(canteen, 'redis_retries_refused_total')) >= 5);
});

test('one line a call: what happened, to which key, how long', async () => {
  const lines: string[] = [];
  const canteen = await open({}, lines);
  const name = await card();
  await canteen.debit(name, 450);
  const line = lines.map((text) => JSON.parse(text)).find(({ event }) => event === 'debit');
  assert.equal(line.outcome, 'ok');
  assert.equal(line.key, `carte:{${name}}`);
  assert.equal(typeof line.latency_ms, 'number');
});

test('closing lets the running calls end and admits no other', async () => {
  const canteen = await open({ commandTimeoutMs: 5000, budgetMs: 10_000 });
  const name = await card();
  twin.freeze();
  const running = canteen.debit(name, 450);
  const closing = canteen.shutdown(10_000);
  await assert.rejects(canteen.debit(name, 450), failsAs('closing'));
  twin.thaw();
  assert.equal((await running).left, 550);
  await closing;
});

test('a breaker, step by step, on a clock of our own', () => {
  let now = 0;
  const breaker = new Breaker(2, 100, () => now);
  breaker.fail();
  assert.equal(breaker.state, 'closed');
  breaker.fail();
  assert.deepEqual([breaker.state, breaker.admit()], ['open', false]);
  now = 100;
  assert.deepEqual([breaker.state, breaker.admit(), breaker.admit()], ['half-open', true, false]);
  breaker.fail();
  assert.equal(breaker.state, 'open');
  now = 200;
  assert.ok(breaker.admit());
  breaker.succeed();
  assert.deepEqual([breaker.state, breaker.admit()], ['closed', true]);
});

test('a budget earns a share of the calls, and no more than its reserve', () => {
  const budget = new RetryBudget(0.25, 2);
  assert.deepEqual([budget.spend(), budget.spend(), budget.spend()], [true, true, false]);
  for (let n = 0; n < 4; n++) budget.earn();
  assert.deepEqual([budget.spend(), budget.spend()], [true, false]);
  for (let n = 0; n < 100; n++) budget.earn();
  assert.deepEqual([budget.spend(), budget.spend(), budget.spend()], [true, true, false]);
});
