import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { defaultLimits } from './config.ts';
import { cookieOf, Learners, tokenIn } from './learner.ts';
import { openStore, type Store } from './store/store.ts';

let folder: string;
let store: Store;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-learner-'));
  store = await openStore(join(folder, 'atelier.sqlite'));
});

after(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a token is known again, and the store never holds it', async () => {
  const learners = new Learners(store.learners, defaultLimits(2));
  const made = await learners.make('10.0.0.1');
  assert.ok(typeof made === 'object');
  assert.equal(await learners.find(made.token), made.learner);
  assert.equal(await new Learners(store.learners, defaultLimits(2)).find(made.token), made.learner);
  assert.equal(await learners.find('A'.repeat(22)), null);
  assert.equal(await learners.find(null), null);
  assert.equal(Buffer.from(made.token, 'base64url').length, 16);
  const database = new DatabaseSync(join(folder, 'atelier.sqlite'), { readOnly: true });
  const rows = JSON.stringify(database.prepare('select * from learners').all());
  database.close();
  assert.ok(rows.includes(made.learner));
  assert.ok(!rows.includes(made.token));
});

test('learners are limited by address and in all', async () => {
  const here = new Learners(store.learners, { ...defaultLimits(2), learnersAtOnce: 2, learnersPerMinute: 1 });
  await here.make('10.0.0.2');
  await here.make('10.0.0.2');
  assert.equal(await here.make('10.0.0.2'), 'too-many-learners-here');
  assert.equal(typeof (await here.make('10.0.0.3')), 'object');
  const full = new Learners(store.learners, { ...defaultLimits(2), learners: await store.learners.count() });
  assert.equal(await full.make('10.0.0.4'), 'too-many-learners');
});

test('a full server makes room by forgetting who left long ago without an attempt', async () => {
  await store.learners.add('old', 'hash-of-old', 1);
  const full = new Learners(store.learners, { ...defaultLimits(2), learners: await store.learners.count() });
  assert.equal(typeof (await full.make('10.0.0.5')), 'object');
  assert.equal(await store.learners.byToken('hash-of-old'), undefined);
});

test('the cookie is for this server’s requests alone', () => {
  const cookie = cookieOf('abcdefghijklmnopqrstuv', true);
  assert.match(
    cookie,
    /^atelier=abcdefghijklmnopqrstuv; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/,
  );
  assert.equal(tokenIn(`theme=dark; ${cookie.split(';')[0]}`), 'abcdefghijklmnopqrstuv');
  for (const header of [
    undefined,
    '',
    'atelier=',
    'atelier=short',
    'other=abcdefghijklmnopqrstuv',
    `atelier=${'é'.repeat(22)}`,
  ]) {
    assert.equal(tokenIn(header), null);
  }
});
