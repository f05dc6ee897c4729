import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from './door.ts';

const limits = { message: 1024, code: 256 };
const run = { type: 'run', lesson: '16-05', cell: 'incr', language: 'typescript', code: '1' };

test('a message of the protocol comes in as it is', () => {
  assert.deepEqual(admit(JSON.stringify(run), limits), { message: run });
  const keys = { type: 'keys', lesson: '16-05', request: 'r1', pattern: 'user:*', cursor: '0' };
  assert.deepEqual(admit(JSON.stringify(keys), limits), { message: keys });
});

test('what is not the protocol’s is refused, whatever it is', () => {
  const strangers: unknown[] = [
    null,
    3,
    'run',
    [],
    {},
    { type: 'toString' },
    { type: 'shutdown' },
    { ...run, cell: '../../etc/passwd' },
    { ...run, cell: '' },
    { ...run, lesson: 'x'.repeat(200) },
    { ...run, language: 'ruby' },
    { ...run, code: 7 },
    { ...run, code: undefined },
    { ...run, roundTripMs: -1 },
    { ...run, roundTripMs: 1e9 },
    { ...run, fault: 'format-disk' },
    { ...run, extra: true },
    { ...run, __proto__: { admin: true }, constructor: 1 },
    { type: 'draft', lesson: '16-05', cell: 'a', language: 'go', code: '', revision: 0.5, basis: '' },
    { type: 'terminal-open', lesson: '16-05', terminal: 't', columns: 1e6, rows: 24 },
    { type: 'keys', lesson: '16-05', request: 'r', pattern: '*', cursor: '0; FLUSHALL' },
  ];
  for (const stranger of strangers) {
    const text = JSON.stringify(stranger);
    assert.equal(admit(text, limits).refused?.code, 'not-a-message', text);
  }
  for (const text of ['', '{', '\0', '['.repeat(900), '{"type":"hello","type":"run"}']) {
    assert.equal(admit(text, limits).refused?.code, 'not-a-message', text.slice(0, 20));
  }
});

test('too much code is refused with the place it came from', () => {
  assert.deepEqual(admit(JSON.stringify({ ...run, code: 'é'.repeat(129) }), limits), {
    refused: {
      code: 'code-too-large',
      data: { sizeKiB: 1, limitKiB: 0.25 },
      origin: { lesson: '16-05', cell: 'incr' },
    },
  });
  const input = { type: 'terminal-input', lesson: '16-05', terminal: 't', data: 'x'.repeat(2000) };
  assert.deepEqual(admit(JSON.stringify(input), limits), {
    refused: { code: 'message-too-large', data: { limitKiB: 1 }, origin: { lesson: '16-05' } },
  });
});
