/** Honest runs and attacks in a row, kill -9 of the server and of its launcher among them: nothing is left, nothing that was saved is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchEndurance } from '../bench/endurance.ts';

test('150 runs, attacks among them, and 10 kill -9', async (context) => {
  const figures = await benchEndurance({ runs: 150, kills: 10 }, (progress) => context.diagnostic(progress));
  for (const { name, targets } of figures)
    for (const { found, kept } of targets) assert.ok(kept, `${name}: ${found}`);
});
