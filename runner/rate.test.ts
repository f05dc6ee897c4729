import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from './rate.ts';

test('a burst, then a rate, for each key apart', () => {
  let now = 0;
  const rate = new Rate(3, 2, () => now);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => rate.take('ada')),
    [true, true, true, false],
  );
  assert.equal(rate.take('bob'), true);
  now = 500;
  assert.deepEqual(
    [1, 2].map(() => rate.take('ada')),
    [true, false],
  );
  now = 60_000;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => rate.take('ada')),
    [true, true, true, false],
  );
});

test('what was used is taken into debt, and paid back by waiting', () => {
  let now = 0;
  const rate = new Rate(100, 10, () => now);
  assert.equal(rate.wait('ada'), 0);
  rate.spend('ada', 120);
  assert.equal(rate.take('ada'), false);
  assert.equal(rate.wait('ada'), 2100);
  assert.equal(rate.wait('bob'), 0);
  now = 2099;
  assert.ok(rate.wait('ada') > 0);
  now = 2100;
  assert.equal(rate.wait('ada'), 0);
  assert.equal(rate.take('ada'), true);
});
