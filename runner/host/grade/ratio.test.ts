import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../../../labs/kit.ts';
import { randomFrom } from './random.ts';
import { decide, ratiosOf, type Block, type Round } from './ratio.ts';

/** Latencies as a shared machine gives them: a floor, some jitter, and now and then a long one. */
function block(random: Random, ms: number, noise: number): Block {
  const times = Array.from({ length: 25 }, () => {
    const jitter = (random.integer(0, 1000) / 1000) * noise;
    return ms + 0.1 + jitter + (random.chance(0.02) ? 5 : 0);
  });
  return { times, afterMs: 0 };
}

function rounds(random: Random, factor: number, noise = 0.4, drift = 0): Round[] {
  return Array.from({ length: 12 }, (_, number) => {
    const slow = 1 + drift * number;
    const pair = (ms: number) => [block(random, ms * slow, noise), block(random, ms * slow, noise)];
    return {
      learner: pair(1.4 * factor),
      reference: pair(1.4),
      control: pair(1.4),
      nothing: { times: Array.from({ length: 25 }, () => 0.1), afterMs: 0 },
    };
  });
}

const verdictOf = (all: Round[], random: Random) => decide(ratiosOf(all, random), 1.5, 3);

test('an answer equal to the reference never fails, one of twice its time never passes', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = randomFrom(seed);
    assert.equal(verdictOf(rounds(random, 1), random).state, 'passed', `seed ${seed}`);
    assert.equal(verdictOf(rounds(random, 2), random).state, 'failed', `seed ${seed}`);
  }
});

test('a machine that slows down during the run changes nothing', () => {
  const random = randomFrom(7);
  const [low, point, high] = ratiosOf(rounds(random, 1.2, 0.2, 0.1), random).mean;
  assert.ok(low <= point && point <= high && point > 1.05 && point < 1.35, `${low} ${point} ${high}`);
});

test('a rare heavy operation shows in the mean when the median is perfect', () => {
  const random = randomFrom(3);
  const all = rounds(random, 1, 0.1);
  for (const round of all) {
    for (const { times } of round.learner)
      for (let place = 0; place < times.length; place += 8) times[place] += 15;
  }
  const ratios = ratiosOf(all, random);
  assert.ok(ratios.p50[2] < 1.2 && ratios.mean[0] > 1.5);
  assert.equal(decide(ratios, 1.5, 1).state, 'failed');
});

test('work after the last reply is charged to its block', () => {
  const random = randomFrom(4);
  const all = rounds(random, 1, 0.1);
  for (const round of all) for (const one of round.learner) one.afterMs = 60;
  assert.equal(verdictOf(all, random).state, 'failed');
});

test('a control out of its band is measured again, then called inconclusive', () => {
  const random = randomFrom(5);
  const all = rounds(random, 1);
  for (const round of all) round.control = [block(random, 3, 1), block(random, 3, 1)];
  const ratios = ratiosOf(all, random);
  assert.equal(decide(ratios, 1.5, 1).state, 'again');
  assert.equal(decide(ratios, 1.5, 3).state, 'inconclusive');
});

test('a wide learner beside a steady control is decided by the estimate, and said irregular', () => {
  const steady = { mean: [0.97, 1, 1.03], p50: [0.98, 1, 1.02] } as const;
  const wide = { mean: [1.2, 1.45, 1.9], p50: [1, 1.1, 1.2], control: steady } as never;
  assert.equal(decide(wide, 1.5, 2).state, 'again');
  assert.deepEqual(decide(wide, 1.5, 3), { state: 'passed', irregular: true });
  assert.deepEqual(decide(wide, 1.4, 3), { state: 'failed', irregular: true });
});
