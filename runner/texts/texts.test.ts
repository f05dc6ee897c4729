import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { french, sentences } from './fr.ts';
import { say, typeset, type Data } from './say.ts';

/** Data with a value for whatever a sentence may ask. */
const anything = new Proxy<Data>(
  {},
  {
    get: (_, name) => (name === 'path' ? '' : 3),
    getOwnPropertyDescriptor: () => ({ value: 3, configurable: true, enumerable: true }),
  },
);

const said = Object.keys(sentences).map((code) => ({ code, message: say(sentences, code, anything) }));

test('every sentence can be said, and is a fact and a next step', () => {
  assert.ok(said.length > 80);
  for (const { code, message } of said) {
    assert.ok(message !== null, code);
    for (const half of [message.fact, message.next]) {
      assert.match(half, /^[«\dA-ZÀÉÊÎŒ(]|^[a-z]+\(/, `${code} begins with a capital: ${half}`);
      assert.match(half, /[.…]$|: \d+$/, `${code} ends with a full stop: ${half}`);
      assert.doesNotMatch(half, /undefined|NaN|\[object|[{}]/, `${code}: ${half}`);
    }
  }
});

test('French spacing: nothing breaks before « : ; ! ? » or inside quotes, and apostrophes are typographic', () => {
  for (const { code, message } of said) {
    const text = `${message!.fact} ${message!.next}`;
    assert.doesNotMatch(text, / [:;!?»%]|« /, `${code}: ${text}`);
    assert.doesNotMatch(text, /[\p{L}]'[\p{L}]/u, `${code} has a straight apostrophe: ${text}`);
    assert.doesNotMatch(text, /\p{L}[;!?](\s|$)/u, `${code} lacks a space: ${text}`);
  }
  assert.equal(typeset('Voici : « 3 Kio » !'), 'Voici\u00a0: «\u00a03\u00a0Kio\u00a0»\u00a0!');
});

test('no English reaches a learner, and learners are not told « tu »', () => {
  const english = /\b(the|error|failed|your|please|timeout|retry|invalid|unknown|with|must|not found)\b/i;
  for (const { code, message } of said) {
    const text = `${message!.fact} ${message!.next}`;
    assert.doesNotMatch(text, english, `${code}: ${text}`);
    assert.doesNotMatch(text, /\b(tu|ton|ta|tes|toi)\b/i, `${code}: ${text}`);
  }
});

test('every code that the server and the hosts use has its sentence', () => {
  const root = join(import.meta.dirname, '../..');
  const files = globSync(['runner/*.ts', 'runner/host/**/*.ts'], { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  assert.ok(files.length > 20);
  const used = new Map<string, string>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const calls = /(?:french|Refusal|platformReport|failure|refuse)\((?:[^()'`]*, ?)*'([a-z]+(?:-[a-z]+)*)'/g;
    for (const [, code] of text.matchAll(calls)) used.set(code, file);
  }
  assert.ok(used.size > 15, `only ${used.size} codes found`);
  for (const [code, file] of used) assert.ok(Object.hasOwn(sentences, code), `${file} uses ${code}`);
});

test('families of codes are whole', () => {
  const families = {
    limit: ['time', 'memory', 'output', 'processes', 'code'],
    instance: ['memory', 'hang', 'crash', 'reset', 'idle'],
    kernel: ['ended', 'memory', 'crashed', 'killed'],
    verdict: ['passed', 'to-review', 'code-error', 'limit', 'platform', 'inconclusive'],
    hidden: ['correctness', 'cost', 'robustness', 'latency'],
  };
  for (const [family, members] of Object.entries(families)) {
    for (const member of members)
      assert.ok(Object.hasOwn(sentences, `${family}-${member}`), `${family}-${member}`);
  }
});

test('counts agree, numbers are written as in French', () => {
  assert.equal(
    french('instance-crash', { keysLost: 1 }).fact,
    'Votre Redis s’est arrêté de lui-même\u00a0; 1 clé est perdue.',
  );
  assert.match(french('instance-crash', { keysLost: 12_345 }).fact, /; 12\u202f345 clés sont perdues\./);
  assert.match(french('instance-crash', { keysLost: 0 }).fact, /aucune clé n’est perdue/);
  assert.match(french('limit-time', { seconds: 2.5 }).fact, /2,5\u00a0s/);
});

test('what a learner wrote is never read as a placeholder', () => {
  const data = { op: 'allow', name: 'Error', message: 'clé {fact} ou {x}', line: 0 };
  assert.match(french('handler-threw', data).fact, /clé \{fact\} ou \{x\}/);
});

test('a code without a sentence is our fault, and says so in French', () => {
  assert.equal(french('no-such-code').fact, french('platform').fact);
  assert.equal(french('no-such-code').code, 'no-such-code');
  assert.equal(say(sentences, 'too-slow', {}), null, 'a sentence with a hole is not said');
});
