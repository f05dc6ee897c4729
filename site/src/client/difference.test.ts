import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from './difference.ts';

const drawn = (before: string, after: string) =>
  difference(before, after).map(({ kind, text }) => ({ same: ' ', out: '-', in: '+' })[kind] + text);

test('equal texts have no difference', () => {
  assert.deepEqual(drawn('a\nb', 'a\nb'), [' a', ' b']);
});

test('a changed line goes out, then its replacement comes in', () => {
  assert.deepEqual(drawn('a\nb\nc', 'a\nx\nc'), [' a', '-b', '+x', ' c']);
});

test('lines added at either end', () => {
  assert.deepEqual(drawn('b', 'a\nb\nc'), ['+a', ' b', '+c']);
});
