import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckResult } from '../../../labs/kit.ts';
import { judge, notChecked, obstacle, outcome, type CheckPlan, type Findings } from './verdict.ts';

const plan: CheckPlan[] = [
  { id: 'counts', title: 'Compte', visibility: 'public', axis: 'correctness', points: 3, after: [] },
  { id: 'race', title: 'Course', visibility: 'hidden', axis: 'robustness', points: 4, after: ['counts'] },
  { id: 'latency', title: 'Latence', visibility: 'public', axis: 'latency', points: 3, after: ['race'] },
];

function findings(results: CheckResult[], more: Partial<Findings> = {}): Findings {
  return {
    plan,
    results: new Map(results.map((result) => [result.id, result])),
    ending: null,
    cost: null,
    latency: null,
    thrown: null,
    phases: {},
    versions: { lab: '1', checker: '1', server: '1', driver: 'local' },
    seed: 1,
    ...more,
  };
}

const passed = (place: number) => outcome(plan[place], null);
const failed = (place: number, code = 'wrong') => outcome(plan[place], { code, data: {} });

test('every check passed is passed, with every point', () => {
  const { class: verdict, points, outOf } = judge(findings([passed(0), passed(1), passed(2)]));
  assert.deepEqual([verdict, points, outOf], ['passed', 10, 10]);
});

test('a failed parent leaves its children not checked, and the points of the others are kept', () => {
  const results = new Map([['counts', failed(0)]]);
  assert.equal(obstacle(plan[1], results), 'counts');
  assert.equal(obstacle(plan[0], results), null);
  const verdict = judge(findings([failed(0), notChecked(plan[1], 'depends-on', { check: 'counts' })]));
  assert.equal(verdict.class, 'to-review');
  assert.deepEqual(
    verdict.checks.map(({ state, code }) => [state, code]),
    [
      ['failed', 'wrong'],
      ['not-checked', 'depends-on'],
      ['not-checked', 'not-reached'],
    ],
  );
  const partial = judge(findings([passed(0), failed(1)]));
  assert.deepEqual([partial.points, partial.outOf], [3, 10]);
});

test('a latency that could not be told neither gives nor costs a point', () => {
  const latency = { state: 'inconclusive' } as Findings['latency'];
  const results = [passed(0), passed(1), notChecked(plan[2], 'latency-inconclusive')];
  const verdict = judge(findings(results, { latency }));
  assert.deepEqual([verdict.class, verdict.points, verdict.outOf], ['inconclusive', 7, 7]);
  const asked = judge(findings([passed(0), passed(1), notChecked(plan[2], 'latency-not-asked')]));
  assert.deepEqual([asked.class, asked.points, asked.outOf], ['passed', 7, 7]);
});

test('an attempt that ended early says why, and what was not reached', () => {
  const ending = { class: 'limit', code: 'limit-memory', data: { amount: 256 } } as const;
  const verdict = judge(findings([passed(0), failed(1)], { ending }));
  assert.deepEqual([verdict.class, verdict.code, verdict.points], ['limit', 'limit-memory', 3]);
  assert.equal(verdict.checks[2].state, 'not-checked');
});

test('a handler that throws first is an error of the code, one that throws later is to review', () => {
  const thrown = { name: 'TypeError', message: 'x is not a function', line: 4 };
  const first = judge(findings([failed(0, 'handler-threw')], { thrown }));
  assert.deepEqual([first.class, first.error], ['code-error', thrown]);
  const later = judge(findings([failed(0), failed(1, 'handler-threw')], { thrown }));
  assert.equal(later.class, 'to-review');
  assert.equal(later.error, undefined);
});
