/** One learner who asks for all he can, while others work: what they wait, with him and without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile } from '../bench/figure.ts';
import { vandalise } from '../bench/vandal.ts';

/** Twice is promised on a quiet machine (`npm run bench -- sandbox`); a busy one must not make this test fail. */
const most = 4;
const atLeastMs = 400;

test('a vandal at full tilt costs the others little, and is told his place', async (context) => {
  const { alone, beside, queued, refused } = await vandalise(25);
  assert.ok(queued, 'the vandal was told no place in the queue');
  assert.ok(refused, 'the vandal may have as many runs wait as he likes');
  const [without, withHim] = [quantile(alone, 0.95), quantile(beside, 0.95)];
  const summary = `p95 ${withHim.toFixed(0)} ms beside the vandal, ${without.toFixed(0)} ms without`;
  context.diagnostic(summary);
  assert.ok(withHim < Math.max(most * without, atLeastMs), summary);
});
