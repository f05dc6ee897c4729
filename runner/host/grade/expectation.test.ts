import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckResult, Verdict } from '../../../labs/kit.ts';
import { tooBusyToTell } from './prove.ts';
import { differences, foolsPublicChecks, readExpectation } from './expectation.ts';

const check = (id: string, code?: string, visibility: CheckResult['visibility'] = 'hidden'): CheckResult => ({
  id,
  title: '',
  visibility,
  axis: 'correctness',
  state: code === undefined ? 'passed' : 'failed',
  points: 0,
  outOf: 1,
  ...(code !== undefined && { code }),
});

const verdict = (verdictClass: Verdict['class'], checks: CheckResult[], code?: string): Verdict => ({
  class: verdictClass,
  checks,
  points: 0,
  outOf: 0,
  ...(code !== undefined && { code }),
  cost: null,
  latency: null,
  phases: {},
  versions: { lab: '', checker: '', server: '', driver: '' },
  seed: 1,
});

test('a first line says class, code and failures, in either comment style', () => {
  assert.deepEqual(readExpectation('// to-review race=both-allowed, burst=burst-miscounted?'), {
    class: 'to-review',
    code: null,
    failures: { race: 'both-allowed', burst: 'burst-miscounted' },
    uncertain: new Set(['burst']),
  });
  assert.deepEqual(readExpectation('# limit attempt-time'), {
    class: 'limit',
    code: 'attempt-time',
    failures: {},
    uncertain: new Set(),
  });
  assert.throws(() => readExpectation('// lit puis incrémente'), /verdict class/);
});

test('a failure told as uncertain may be missing, and may not be another', () => {
  const expected = readExpectation('// to-review race=both-allowed, cost=too-many?');
  const race = check('race', 'both-allowed');
  assert.deepEqual(differences(expected, verdict('to-review', [race])), []);
  assert.deepEqual(differences(expected, verdict('to-review', [race, check('cost', 'too-many')])), []);
  assert.equal(differences(expected, verdict('to-review', [race, check('cost', 'other')])).length, 1);
});

test('a mutant stopped for another reason, or for one reason more, is a difference', () => {
  const expected = readExpectation('// to-review race=both-allowed');
  assert.deepEqual(
    differences(expected, verdict('to-review', [check('race', 'both-allowed'), check('counts')])),
    [],
  );
  assert.match(
    differences(expected, verdict('to-review', [check('race', 'none-allowed')])).join(),
    /none-allowed, not both/,
  );
  assert.match(
    differences(
      expected,
      verdict('to-review', [check('race', 'both-allowed'), check('counts', 'wrong')]),
    ).join(),
    /counts fails with wrong/,
  );
  assert.match(
    differences(expected, verdict('passed', [check('race')])).join(),
    /class passed.*race does not fail/,
  );
});

test('only public checks of behaviour tell whether they were fooled', () => {
  assert.ok(
    foolsPublicChecks(
      verdict('to-review', [check('race', 'both-allowed'), check('counts', undefined, 'public')]),
    ),
  );
  assert.ok(!foolsPublicChecks(verdict('to-review', [check('counts', 'wrong', 'public')])));
});

test('what a busy machine explains is told from what is wrong of the answer', () => {
  assert.ok(tooBusyToTell(verdict('inconclusive', [check('counts')])));
  assert.ok(tooBusyToTell(verdict('platform', [], 'race-stalled')));
  assert.ok(tooBusyToTell(verdict('limit', [], 'attempt-time')));
  assert.ok(tooBusyToTell(verdict('to-review', [check('expires', 'too-slow-to-check')])));
  assert.ok(!tooBusyToTell(verdict('limit', [], 'attempt-memory')));
  assert.ok(!tooBusyToTell(verdict('code-error', [], 'handler-missing')));
  assert.ok(!tooBusyToTell(verdict('passed', [check('race')])));
  assert.ok(!tooBusyToTell(verdict('to-review', [check('race', 'both-allowed')])));
});
