import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { debitOnce, PatientCanteen } from './advanced.ts';
import { connect } from './basic.ts';
import { CallFailed, type Failure } from './failure.ts';
import { startRelay, type Relay } from './relay.ts';
import { defaultPatience, pause, retry } from './retry.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let relay: Relay;
let admin: Redis;
let redis: Redis;

before(async () => {
  twin = await startTwin();
  relay = await startRelay(twin.url);
  admin = twin.admin();
  redis = connect(relay.url, { connectTimeoutMs: 500, commandTimeoutMs: 200 });
  await new Promise((ready) => redis.once('ready', ready));
});
after(async () => {
  redis.disconnect();
  relay.stop();
  await twin.stop();
});

/** Une carte neuve, et de quoi lire son solde par un autre chemin. */
async function card(cents = 1000) {
  const name = `essai-${randomUUID().slice(0, 8)}`;
  await admin.set(`carte:{${name}}`, cents);
  return { name, balance: async () => Number(await admin.get(`carte:{${name}}`)) };
}

// Assez d'essais pour que le hasard des pauses laisse toujours à la connexion le temps de revenir.
const patience = { budgetMs: 10_000, attempts: 20, backoffMs: 20 };
const failsAs = (failure: Failure) => (error: unknown) =>
  error instanceof CallFailed && error.failure === failure;

test('the reply is lost, the debit is not doubled, and the caller is told the right balance', async () => {
  const { name, balance } = await card();
  relay.cutReplies(2);
  const debit = await new PatientCanteen(redis, patience).debit(name, 450);
  assert.deepEqual(debit, { outcome: 'again', left: 550 });
  assert.equal(await balance(), 550);
});

test('fifty tills replay the same passage at once: one debit', async () => {
  const { name, balance } = await card();
  const passage = randomUUID();
  const canteen = new PatientCanteen(redis, patience);
  const debits = await Promise.all(Array.from({ length: 50 }, () => canteen.debit(name, 450, passage)));
  assert.equal(debits.filter(({ outcome }) => outcome === 'done').length, 1);
  assert.ok(debits.every(({ left }) => left === 550));
  assert.equal(await balance(), 550);
});

test('two passages are two debits; not enough money is an answer, not a failure', async () => {
  const { name, balance } = await card();
  const canteen = new PatientCanteen(redis, patience);
  await canteen.debit(name, 450);
  assert.deepEqual(await canteen.debit(name, 450), { outcome: 'done', left: 100 });
  assert.deepEqual(await canteen.debit(name, 450), { outcome: 'short', left: 100 });
  assert.deepEqual(await canteen.debit('personne', 450), { outcome: 'unknown', left: 0 });
  assert.equal(await balance(), 100);
});

test('a passage is remembered for a day, not for ever', async () => {
  const { name } = await card();
  await debitOnce(redis, name, 450, 'p');
  const ttl = await admin.pttl(`passage:{${name}}:p`);
  assert.ok(ttl > 23 * 3_600_000 && ttl <= 24 * 3_600_000);
});

test('what has no name is not replayed when it may have run', async () => {
  await admin.set('pourboires', 0);
  relay.cutReplies(1);
  await assert.rejects(new PatientCanteen(redis, patience).tip(50), failsAs('lost'));
  assert.equal(await admin.get('pourboires'), '50');
});

test('what cannot have run is replayed, named or not', async () => {
  await admin.set('pourboires', 0);
  await admin.replicaof('127.0.0.1', 1);
  const tip = new PatientCanteen(redis, { ...patience, attempts: 100, backoffMs: 5 }).tip(50);
  await sleep(30);
  await admin.replicaof('NO', 'ONE');
  assert.equal(await tip, 50);
});

test('what no pause will cure is not replayed', async () => {
  let attempts = 0;
  const refused = async () => {
    attempts++;
    throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
  };
  await assert.rejects(
    retry(refused, { ...defaultPatience, ...patience }, { repeatable: true }),
    failsAs('full'),
  );
  assert.equal(attempts, 1);
});

test('attempts and pauses together stay within the budget', async () => {
  let attempts = 0;
  const action = async () => {
    attempts++;
    throw new Error('Command timed out');
  };
  const start = performance.now();
  const short = { attempts: 1000, budgetMs: 300, backoffMs: 20, backoffCapMs: 50 };
  await assert.rejects(retry(action, short, { repeatable: true }), failsAs('timeout'));
  assert.ok(attempts > 3 && attempts < 300, `${attempts} attempts`);
  assert.ok(performance.now() - start < 5000);
});

test('pauses grow, are capped, and are spread from zero to their cap', () => {
  const settings = { ...defaultPatience, backoffMs: 50, backoffCapMs: 400 };
  for (const [attempt, cap] of [
    [1, 50],
    [2, 100],
    [3, 200],
    [4, 400],
    [9, 400],
  ] as const) {
    const drawn = Array.from({ length: 2000 }, () => pause(attempt, settings));
    assert.ok(
      Math.min(...drawn) < cap * 0.05 && Math.max(...drawn) > cap * 0.95 && Math.max(...drawn) <= cap,
    );
  }
});

test('a server that forgot its scripts is taught again', async () => {
  const { name } = await card();
  await admin.script('FLUSH');
  assert.deepEqual(await debitOnce(redis, name, 450, 'p'), { outcome: 'done', left: 550 });
});

test('killed and started again in the middle of a debit', async () => {
  const canteen = new PatientCanteen(redis, { ...patience, attempts: 100 });
  await twin.kill();
  const pending = canteen.debit('nouvelle', 450);
  await twin.start();
  assert.deepEqual(await pending, { outcome: 'unknown', left: 0 });
});
