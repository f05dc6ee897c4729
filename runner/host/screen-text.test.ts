import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScreenText } from './screen-text.ts';

const pass = (...parts: string[]): string => {
  const screen = new ScreenText();
  return parts.map((part) => screen.pass(part)).join('');
};

test('what redis-cli draws with passes as it is', () => {
  const drawn = '\r127.0.0.1:6379> é\x1b[0K\r\x1b[16C\x1b[1;90m key value\x1b[0m\x1b[H\x1b[2J\x07\t\n';
  assert.equal(pass(drawn), drawn);
});

for (const [what, escape] of Object.entries({
  'the clipboard': '\x1b]52;c;ZXZpbA==\x07',
  'a title': '\x1b]0;title\x1b\\',
  'a link': '\x1b]8;;javascript:x\x1b\\',
  'a question of settings': '\x1bP$qm\x1b\\',
  'a question of place': '\x1b[6n',
  'a question of who': '\x1b[>c',
  'a report of the title': '\x1b[21t',
  'a mode': '\x1b[?1049h',
  'an application string': '\x1b_x\x1b\\',
  'a reset': '\x1bc',
  'a second alphabet': '\x1b(0',
  'an eight-bit sequence': '\x9b',
})) {
  test(`${what} is left out, whole or cut anywhere`, () => {
    assert.equal(pass(`a${escape}b`), 'ab');
    for (let at = 1; at < escape.length; at++) {
      assert.equal(pass(`a${escape.slice(0, at)}`, `${escape.slice(at)}b`), 'ab', `cut at ${at}`);
    }
  });
}

test('a string that never ends is not kept', () => {
  const screen = new ScreenText();
  assert.equal(screen.pass('a\x1b]0;'), 'a');
  for (let count = 0; count < 1000; count++) assert.equal(screen.pass('x'.repeat(10_000)), '');
  assert.equal(screen.pass('\x07b'), 'b');
});

test('an escape that begins nothing is left out alone', () => {
  assert.equal(pass('a\x1b\x01b'), 'a\x01b');
  assert.equal(pass(`a\x1b[${'1;'.repeat(200)}`, 'b'), `a[${'1;'.repeat(200)}b`);
});
