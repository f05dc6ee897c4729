import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError, FrameScanner, type FrameReader } from './frame.ts';

/** Remembers what a scanner shows, in a form that does not depend on how the bytes were cut. */
class Witness implements FrameReader {
  readonly seen: string[] = [];
  #bytes = '';
  value(type: number, size: number, depth: number): void {
    this.seen.push(`${depth}${String.fromCharCode(type)}${size}`);
    this.#bytes = '';
  }
  bytes(chunk: Buffer, start: number, end: number): void {
    this.#bytes += chunk.toString('latin1', start, end);
  }
  done(): void {
    this.seen.push(this.#bytes);
  }
}

/** The ends of the frames, and everything that was shown of them. */
function scan(bytes: Buffer, pieces: number, requests: boolean): { ends: number[]; seen: string[] } {
  const witness = new Witness();
  const scanner = new FrameScanner(witness, requests);
  const ends: number[] = [];
  for (let from = 0; from < bytes.length; from += pieces) {
    const chunk = bytes.subarray(from, from + pieces);
    for (let at = 0; at < chunk.length;) {
      at = scanner.scan(chunk, at);
      if (scanner.complete) ends.push(from + at);
    }
  }
  return { ends, seen: witness.seen };
}

const replies = [
  '+OK\r\n',
  '-WRONGTYPE no\r\n',
  ':-12\r\n',
  '$5\r\nh\r\nlo\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '*0\r\n',
  '*2\r\n*1\r\n:1\r\n$-1\r\n',
  '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n',
  '~1\r\n#t\r\n',
  ',3.14\r\n',
  '(1234567890123456789\r\n',
  '=6\r\ntxt:hé\r\n'.replace('6', '7'),
  '!5\r\nERR x\r\n',
  '>2\r\n+message\r\n%0\r\n',
  '|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n',
  '|0\r\n:1\r\n',
  '*1\r\n|1\r\n+a\r\n:1\r\n:2\r\n',
];

test('frames end at the same places however the bytes are cut', () => {
  const bytes = Buffer.from(replies.join(''));
  const ends: number[] = [];
  for (const reply of replies) ends.push((ends.at(-1) ?? 0) + Buffer.byteLength(reply));
  const whole = scan(bytes, bytes.length, false);
  assert.deepEqual(whole.ends, ends);
  for (let pieces = 1; pieces < 40; pieces++) assert.deepEqual(scan(bytes, pieces, false), whole);
});

test('commands end at the same places however the bytes are cut, inline ones too', () => {
  const commands = [
    '*1\r\n$4\r\nPING\r\n',
    'GET "a b"\r\n',
    '\r\n',
    '*0\r\n',
    '*3\r\n$3\r\nSET\r\n$0\r\n\r\n$6\r\n\r\n*1\r\n\r\n',
    'PING\n',
  ];
  const bytes = Buffer.from(commands.join(''));
  const whole = scan(bytes, bytes.length, true);
  assert.equal(whole.ends.length, commands.length);
  for (let pieces = 1; pieces < 20; pieces++) assert.deepEqual(scan(bytes, pieces, true), whole);
});

const hostile: [what: string, bytes: string, requests: boolean][] = [
  ['a negative length', '$-2\r\n', false],
  ['a null where a client must send a string', '*1\r\n$-1\r\n', true],
  ['a huge string', '$99999999999\r\n', false],
  ['more than the largest string', '$536870913\r\n', false],
  ['a huge array', '*2147483648\r\n', false],
  ['a negative array', '*-7\r\n', false],
  ['a map of more pairs than there can be', '%2147483647\r\n', false],
  ['a length that is no number', '$1e3\r\n', false],
  ['an empty length', '$\r\n', false],
  ['two signs', '$--1\r\n', false],
  ['a streamed string', '$?\r\n', false],
  ['an unknown type', '@3\r\n', false],
  ['a nested request', '*1\r\n*1\r\n', true],
  ['a string with no end of line', '$1\r\naXX', false],
  ['a carriage return alone', '+OK\rX', false],
  ['nesting without end', '*1\r\n'.repeat(300), false],
  ['attributes without end', '|1\r\n'.repeat(300), false],
];

for (const [what, bytes, requests] of hostile) {
  test(`${what} is an error, whole and one byte at a time`, () => {
    assert.throws(() => scan(Buffer.from(bytes), bytes.length, requests), FrameError);
    assert.throws(() => scan(Buffer.from(bytes), 1, requests), FrameError);
  });
}

test('a line without end is an error, and costs no memory before', () => {
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  const scanner = new FrameScanner({ value() {}, bytes() {}, done() {} }, false);
  scanner.scan(Buffer.from('+'), 0);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => {
    for (let sent = 0; sent < 100; sent++) scanner.scan(chunk, 0);
  }, FrameError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
});

test('a string of half a gigabyte and an array of two milliards of values are only counted', () => {
  const scanner = new FrameScanner({ value() {}, bytes() {}, done() {} }, false);
  scanner.scan(Buffer.from('*2147483647\r\n$536870912\r\n'), 0);
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  for (let sent = 0; sent < 512; sent++) scanner.scan(chunk, 0);
  assert.equal(scanner.scan(Buffer.from('\r\n:1\r\n'), 0), 6);
  assert.equal(scanner.complete, false);
});
