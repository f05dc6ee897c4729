import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { addressOf, foreign, namesOf } from './origin.ts';

test('answers to its own names alone', () => {
  const names = namesOf('127.0.0.1', 4321, null);
  for (const host of ['127.0.0.1:4321', 'localhost:4321', 'LOCALHOST:4321', '[::1]:4321']) {
    assert.equal(foreign(names, { host }), null, host);
  }
  for (const host of [
    'evil.example',
    'localhost',
    'localhost:80',
    '127.0.0.1:4322',
    'localhost:4321.evil.example',
    '',
  ]) {
    assert.equal(foreign(names, { host }), 'foreign-host', host);
  }
  assert.equal(foreign(names, {}), 'foreign-host');
});

test('a page from elsewhere is refused, a program without Origin is not', () => {
  const names = namesOf('127.0.0.1', 4321, null);
  const host = 'localhost:4321';
  assert.equal(foreign(names, { host, origin: 'http://localhost:4321' }), null);
  for (const origin of ['http://evil.example', 'https://localhost:4321', 'http://localhost:8080', 'null']) {
    assert.equal(foreign(names, { host, origin }), 'foreign-origin', origin);
  }
});

test('a public origin is one more name; listening everywhere adds none', () => {
  const names = namesOf('0.0.0.0', 80, 'https://redis.example.org');
  assert.equal(foreign(names, { host: 'redis.example.org', origin: 'https://redis.example.org' }), null);
  assert.equal(foreign(names, { host: 'localhost', origin: 'http://localhost' }), null);
  assert.equal(foreign(names, { host: '0.0.0.0' }), 'foreign-host');
  assert.equal(
    foreign(names, { host: 'redis.example.org', origin: 'http://redis.example.org' }),
    'foreign-origin',
  );
});

test('an address is what one person commands', () => {
  assert.equal(addressOf(from('::ffff:10.0.0.7'), false), '10.0.0.7');
  assert.equal(addressOf(from('2001:db8:1:2:3:4:5:6'), false), '2001:db8:1:2');
  assert.equal(
    addressOf(from('127.0.0.1', '6.6.6.6'), false),
    '127.0.0.1',
    'a header anyone can write is not believed',
  );
  assert.equal(addressOf(from('127.0.0.1', '6.6.6.6, 10.1.1.1'), true), '10.1.1.1');
});

function from(remoteAddress: string, forwarded?: string): IncomingMessage {
  return {
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage;
}
