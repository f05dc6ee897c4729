import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counters } from '../tap/trace.ts';
import { budgeted, costOf, overrun } from './cost.ts';

const window = (roundTrips: number, commands: number, bytes: number): Counters => ({
  roundTrips,
  commands,
  errors: 0,
  bytesIn: bytes / 2,
  bytesOut: bytes / 2,
  connections: 1,
  redisMs: 1,
});

test('a cost is per operation over both processes', () => {
  const cost = costOf([window(30, 90, 6000), window(30, 90, 6000)], 60, {
    points: 3,
    roundTrips: 1,
    bytes: 150,
  });
  assert.deepEqual([cost.roundTrips, cost.commands, cost.bytes], [1, 3, 200]);
  assert.deepEqual(cost.budget, { roundTrips: 1, bytes: 150 });
  assert.equal(overrun(cost, 'roundTrips'), null);
  assert.equal(overrun(cost, 'commands'), null);
  assert.deepEqual(overrun(cost, 'bytes'), { code: 'too-many-bytes', data: { found: 200, budget: 150 } });
});

test('only measures that have a budget are judged', () => {
  assert.deepEqual(budgeted({ points: 2, bytes: 10, roundTrips: 1 }), ['roundTrips', 'bytes']);
});
