import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrapMedian, quantile } from './bootstrap.ts';
import { randomFrom, seedOf } from './random.ts';
import { turnstile } from './turnstile.ts';

test('the same seed draws the same, another part of the attempt draws otherwise', () => {
  const draws = (seed: number) => {
    const random = randomFrom(seed);
    return [random.integer(0, 1e9), random.name(), ...random.shuffle([1, 2, 3, 4, 5])];
  };
  assert.deepEqual(draws(12), draws(12));
  assert.notDeepEqual(draws(12), draws(13));
  assert.notEqual(seedOf(12, 'race'), seedOf(12, 'burst'));
});

test('draws stay in their bounds, cover them, and never repeat a name', () => {
  const random = randomFrom(1);
  const seen = new Set(Array.from({ length: 1000 }, () => random.integer(3, 6)));
  assert.deepEqual(
    [...seen].toSorted((a, b) => a - b),
    [3, 4, 5, 6],
  );
  assert.equal(new Set(Array.from({ length: 1000 }, () => random.name())).size, 1000);
  assert.deepEqual(
    random.shuffle([1, 2, 3]).toSorted((a, b) => a - b),
    [1, 2, 3],
  );
});

test('an interval holds its point, and narrows with more values', () => {
  const random = randomFrom(2);
  const sample = (size: number) => Array.from({ length: size }, () => random.integer(900, 1100) / 1000);
  const [low, point, high] = bootstrapMedian(sample(12), random);
  const [narrowLow, , narrowHigh] = bootstrapMedian(sample(400), random);
  assert.ok(low <= point && point <= high);
  assert.ok(narrowHigh - narrowLow < high - low);
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
});

test('a turnstile lets so many in, in order, and a place is left once', async () => {
  const turns = turnstile(2);
  const [first, second] = [await turns.enter(), await turns.enter()];
  const order: string[] = [];
  const third = turns.enter().then((leave) => (order.push('third'), leave));
  const fourth = turns.enter().then((leave) => (order.push('fourth'), leave));
  assert.equal(turns.waiting, 2);
  first();
  first();
  await third;
  assert.deepEqual(order, ['third']);
  second();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
});

test('who waits at a turnstile is told its place, and who does not is told nothing', async () => {
  const turns = turnstile(1);
  const places: string[] = [];
  const enter = (name: string) => turns.enter((place) => void places.push(`${name} ${place}`));
  const first = await enter('first');
  const second = enter('second');
  const third = enter('third');
  assert.deepEqual(places.splice(0), ['second 1', 'third 2']);
  first();
  assert.deepEqual(places.splice(0), ['second 0', 'third 1']);
  (await second)();
  assert.deepEqual(places.splice(0), ['third 0']);
  (await third)();
});
