import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckResult, Verdict } from './host/protocol.ts';
import type { Lab } from './labs.ts';
import { shownVerdict } from './verdict.ts';

const lab = {
  id: '16-05a',
  messages: {
    'wrong-count': { fact: 'Compté {found} au lieu de {expected}.', next: 'Recomptez.' },
    'eternal-key': { fact: 'Une clé n’a pas d’échéance.', next: 'Donnez-lui un TTL.' },
  },
} as unknown as Lab;

const check = (over: Partial<CheckResult>): CheckResult => ({
  id: 'c',
  title: 'Le titre que seul le professeur connaît',
  visibility: 'hidden',
  axis: 'robustness',
  state: 'failed',
  points: 0,
  outOf: 2,
  ...over,
});

const verdict = (over: Partial<Verdict>): Verdict => ({
  class: 'to-review',
  checks: [],
  points: 3,
  outOf: 10,
  cost: null,
  latency: null,
  phases: {},
  versions: { lab: '1', checker: '1', server: '1', driver: 'local' },
  seed: 7,
  ...over,
});

test('of a hidden check neither the title nor a value is shown', () => {
  const values = { found: 41_414, expected: 42_424 };
  const shown = shownVerdict(lab, verdict({ checks: [check({ code: 'wrong-count', data: values })] }));
  assert.doesNotMatch(JSON.stringify(shown), /41.?414|42.?424|professeur/);
  assert.equal(shown.checks[0]?.title, 'Vérification cachée (robustesse)');
  assert.equal(shown.checks[0]?.message?.code, 'hidden-robustness');
  assert.match(shown.message.fact, /1 vérification échoue \(dont 1 cachée\s: robustesse\)/);
});

test('a hidden check’s sentence is shown when it tells no value', () => {
  const shown = shownVerdict(lab, verdict({ checks: [check({ code: 'eternal-key' })] }));
  assert.equal(shown.checks[0]?.message?.fact, 'Une clé n’a pas d’échéance.');
});

test('a public check tells all', () => {
  const data = { found: 3, expected: 4 };
  const shown = shownVerdict(
    lab,
    verdict({ checks: [check({ visibility: 'public', code: 'wrong-count', data })] }),
  );
  assert.equal(shown.checks[0]?.message?.fact, 'Compté 3 au lieu de 4.');
  assert.equal(shown.checks[0]?.title, 'Le titre que seul le professeur connaît');
});

test('what the learner’s own code did is said even where the check is hidden', () => {
  const data = { op: 'allow', name: 'TypeError', message: 'x is not a function', line: 4 };
  const shown = shownVerdict(lab, verdict({ checks: [check({ code: 'handler-threw', data })] }));
  assert.match(shown.checks[0].message!.fact, /TypeError.*ligne 4/);
});

test('each class has its sentence; our own errors stay ours', () => {
  const error = { name: 'SyntaxError', message: 'Unexpected token', line: 2 };
  assert.match(
    shownVerdict(lab, verdict({ class: 'code-error', error })).message.fact,
    /SyntaxError: Unexpected token, ligne 2/,
  );
  const broken = verdict({
    class: 'platform',
    code: 'checker-broken',
    data: { said: 'Error: secret at /check.ts' },
  });
  assert.equal(shownVerdict(lab, broken).message.code, 'verdict-platform');
  assert.doesNotMatch(JSON.stringify(shownVerdict(lab, broken)), /secret/);
  const limit = verdict({ class: 'limit', code: 'attempt-time', data: { amount: 2 } });
  assert.match(shownVerdict(lab, limit).message.fact, /2\u00a0s/);
  assert.match(shownVerdict(lab, verdict({ class: 'passed', points: 10 })).message.fact, /10 sur 10/);
});
