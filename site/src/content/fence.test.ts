import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, nodesOf } from './cells.ts';
import { readFence } from './fence.ts';
import { spaced } from './typography.ts';

test('words stand alone, attributes have values', () => {
  const fence = readFence('ts', `run id="a-b" title="Deux mots, c'est tout" expect=error`);
  assert.deepEqual([...fence.words], ['run']);
  assert.deepEqual(fence.attributes, { id: 'a-b', title: "Deux mots, c'est tout", expect: 'error' });
});

test('the cells of a page in order, with what running them must give', () => {
  const page = [
    '---\ntitle: Page\n---\n',
    '```ts run id="un" title="Un"\nawait redis.get("a")\n```\n',
    '```ts\nnot run\n```\n',
    '```python run id="un" title="Un"\nr.get("a")\n```\n',
    '- dans une liste\n\n  ```go run id="deux" title="Deux" expect="error"\n  package main\n  ```\n',
  ].join('\n');
  assert.deepEqual(
    cellsOf(nodesOf(page)).map(({ id, language, expect, line }) => ({ id, language, expect, line })),
    [
      { id: 'un', language: 'typescript', expect: 'done', line: 5 },
      { id: 'un', language: 'python', expect: 'done', line: 13 },
      { id: 'deux', language: 'go', expect: 'error', line: 19 },
    ],
  );
});

test('French spaces do not break, and nothing else changes', () => {
  assert.equal(spaced('Quoi ? « oui » : 3 %'), 'Quoi\u00a0? «\u00a0oui\u00a0»\u00a0: 3\u00a0%');
  assert.equal(spaced('http://a b:c'), 'http://a b:c');
});
