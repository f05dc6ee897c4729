import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, keyBytes, keyName, quote, readable, typed, words } from './quote.ts';

const split = (line: string) => words(line)?.map((word) => word.toString('latin1')) ?? null;

test('a line is split as redis-cli splits it', () => {
  assert.deepEqual(split('SET a "b c"'), ['SET', 'a', 'b c']);
  assert.deepEqual(split(String.raw`SET k "\x00\xff\n\"\\"`), ['SET', 'k', '\x00\xff\n"\\']);
  assert.deepEqual(split(String.raw`SET k 'it\'s \n'`), ['SET', 'k', String.raw`it's \n`]);
  assert.deepEqual(split('JSON.SET d $ \'{"a": [1, 2]}\''), ['JSON.SET', 'd', '$', '{"a": [1, 2]}']);
  assert.deepEqual(split('  a\t b  '), ['a', 'b']);
  assert.deepEqual(split('SET k ""'), ['SET', 'k', '']);
  assert.deepEqual(words('SET k « été »')!.map(String), ['SET', 'k', '«', 'été', '»']);
  for (const wrong of ['SET "a', "SET 'a", 'SET "a"b']) assert.equal(split(wrong), null, wrong);
});

test('every name of a key stands for its bytes and no other', () => {
  const keys = ['user:1', 'été', '"quoted"', 'a\nb', '\x00\xff', 'espace dur', '', ' '].map((key) =>
    Buffer.from(key),
  );
  keys.push(Buffer.from([0xc3]), Buffer.from([0xff, 0x22]));
  const names = keys.map(keyName);
  assert.equal(new Set(names).size, keys.length);
  for (const [place, key] of keys.entries()) assert.deepEqual(keyBytes(names[place]), key, names[place]);
});

test('text is shown as text, bytes as redis-cli shows them', () => {
  assert.equal(readable(Buffer.from('été')), 'été');
  assert.equal(readable(Buffer.from([0, 255])), String.raw`"\x00\xff"`);
  assert.equal(readable(Buffer.from('ét').subarray(0, 1)), String.raw`"\xc3"`);
  assert.equal(readable(Buffer.from('aé').subarray(0, 2), 2), 'a');
  assert.equal(readable(Buffer.from('\u001b[31m')), String.raw`"\u001b[31m"`);
  assert.equal(quote(Buffer.from('a"\n')), String.raw`"a\"\n"`);
  assert.equal(typed(Buffer.from('a b')), '"a b"');
  assert.equal(typed(Buffer.from('')), '""');
});

test('a text is never cut inside a character', () => {
  assert.equal(cut('abc', 3), 'abc');
  assert.equal(cut('abcd', 3), 'ab…');
  assert.equal(cut('a😀😀', 3), 'a…');
  assert.equal(cut('a😀😀', 4), 'a😀…');
});
