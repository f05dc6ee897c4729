import assert from 'node:assert/strict';
import test from 'node:test';
import type { RunFrame } from './kernel.ts';
import { ALLOWED, Said, SHOWN } from './said.ts';

const output = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): RunFrame => ({
  type: 'output',
  id: 'a',
  stream,
  text,
});

test('each stream is cut once, no character in two', () => {
  const said = new Said();
  assert.deepEqual(said.take(output('a'.repeat(SHOWN - 1)), 0), output('a'.repeat(SHOWN - 1)));
  assert.deepEqual(said.take(output('éb'), 0), { ...output(''), truncated: true });
  assert.equal(said.take(output('c'), 0), null);
  assert.deepEqual(said.take(output('d', 'stderr'), 0), output('d', 'stderr'));
});

test('a text that ends with the replacement character keeps it', () => {
  const text = `${'a'.repeat(SHOWN - 3)}\uFFFDb`;
  assert.deepEqual(new Said().take(output(text), 0), { ...output(text.slice(0, -1)), truncated: true });
});

test('everything a run says counts towards its end', () => {
  const said = new Said();
  const shown: RunFrame = { type: 'display', id: 'a', item: { kind: 'text', text: 'a' } };
  assert.deepEqual(said.take(shown, ALLOWED), shown);
  assert.equal(said.isTooMuch, false);
  assert.equal(said.take(shown, 1), null);
  assert.equal(said.isTooMuch, true);
});
