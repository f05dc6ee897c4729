import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mismatch, show } from './shape.ts';

const decision = { allowed: 'boolean', remaining: 'integer', retryAfterMs: 'number' } as const;

test('a reply of its form has no mismatch, whatever it says besides', () => {
  assert.equal(mismatch({ allowed: true, remaining: 3, retryAfterMs: 0.5, more: 'x' }, decision), null);
  assert.equal(mismatch([{ id: 'a' }, { id: 'b' }], [{ id: 'text' }]), null);
  assert.equal(mismatch(null, { optional: 'text' }), null);
  assert.equal(mismatch(null, 'nothing'), null);
});

test('a mismatch names the place, what is there and what should be', () => {
  assert.deepEqual(mismatch({ allowed: true, remaining: '3', retryAfterMs: 0 }, decision), {
    path: 'remaining',
    found: '"3"',
    expected: 'integer',
  });
  assert.deepEqual(mismatch([{ id: 'a' }, { id: 7 }], [{ id: 'text' }]), {
    path: '[1].id',
    found: '7',
    expected: 'text',
  });
  assert.deepEqual(mismatch(null, decision), { path: '', found: 'null', expected: 'object' });
});

test('hostile values are looked at, never called or trusted', () => {
  for (const value of [
    null,
    [],
    'x',
    0,
    { __proto__: { allowed: true } },
    { remaining: Number.NaN },
    { remaining: 1e300 },
  ]) {
    assert.notEqual(mismatch(value, decision), null);
  }
  assert.equal(mismatch({}, { constructor: 'text' } as never)?.expected, 'text');
  assert.ok(show('x'.repeat(10_000)).length <= 120);
});
