import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policySchema, pointsAfterHints, showsSolution, usesAttempt, whyNotTaken } from './policy.ts';

const day = 24 * 3600 * 1000;
const opens = Date.parse('2027-01-10T08:00:00+01:00');
const due = Date.parse('2027-01-31T23:59:00+01:00');
const assessed = policySchema.parse({
  kind: 'assessed',
  opens: '2027-01-10T08:00:00+01:00',
  due: '2027-01-31T23:59:00+01:00',
  attempts: 3,
  hintCost: 2,
});
const training = policySchema.parse(undefined);

test('a training lab takes every answer, and shows its solution to who has passed', () => {
  assert.equal(whyNotTaken(training, opens, 1000), null);
  assert.equal(showsSolution(training, due, false), false);
  assert.equal(showsSolution(training, due, true), true);
  assert.equal(pointsAfterHints(training, 20, 3), 20);
});

test('an assessed lab takes so many answers between two dates', () => {
  assert.equal(whyNotTaken(assessed, opens - 1, 0)?.code, 'assessed-not-open');
  assert.equal(whyNotTaken(assessed, opens, 0), null);
  assert.equal(whyNotTaken(assessed, due, 2), null);
  assert.equal(whyNotTaken(assessed, due, 3)?.code, 'no-attempt-left');
  assert.equal(whyNotTaken(assessed, due + 1, 0)?.code, 'assessed-closed');
});

test('its solution is shown after the due date, passed or not, and never before', () => {
  assert.equal(showsSolution(assessed, due - day, true), false);
  assert.equal(showsSolution(assessed, due + 1, false), true);
});

test('hints are paid, our faults are not', () => {
  assert.equal(pointsAfterHints(assessed, 20, 2), 16);
  assert.equal(pointsAfterHints(assessed, 3, 3), 0);
  assert.deepEqual(
    (['passed', 'to-review', 'code-error', 'limit', 'platform', 'inconclusive', null] as const).map(
      usesAttempt,
    ),
    [true, true, true, true, false, false, true],
  );
});

test('an assessed lab without a due date is a mistake of its author', () => {
  assert.equal(policySchema.safeParse({ kind: 'assessed' }).success, false);
  assert.equal(policySchema.safeParse({ kind: 'assessed', due: '2027-01-31' }).success, false);
});
