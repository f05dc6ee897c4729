import assert from 'node:assert/strict';
import test from 'node:test';
import { LONGEST_FRAME, parseFrame } from './frames.ts';

test('a frame of the protocol is read, what it should not hold is left out', () => {
  assert.deepEqual(parseFrame('{"type":"ready","more":1}'), { type: 'ready' });
  const tree = { type: 'Object', text: '{}', children: [{ key: 'a', value: { type: 'number', text: '1' } }] };
  const done = { type: 'done', id: 'r', value: { kind: 'tree', tree }, declares: ['a'] };
  assert.deepEqual(parseFrame(JSON.stringify(done)), done);
  const error = { name: 'E', message: 'm', line: 1, column: 2, stack: [{ where: '', line: 1, column: 2 }] };
  assert.deepEqual(parseFrame(JSON.stringify({ type: 'failed', id: 'r', error })), {
    type: 'failed',
    id: 'r',
    error,
  });
});

test('what is not a frame is nothing', () => {
  const nested = (depth: number) =>
    `{"type":"result","id":"r","value":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const hostile = [
    '',
    'hello',
    'null',
    '[]',
    '{}',
    '{"type":"unknown"}',
    '{"type":"output","id":"r","stream":"stdin","text":""}',
    '{"type":"output","id":"r","stream":"stdout","text":{}}',
    '{"type":"done"}',
    '{"type":"done","id":"r","declares":"all"}',
    '{"type":"failed","id":"r","error":{"name":"E"}}',
    '{"type":"display","id":"r","item":{"kind":"table","columns":["a"],"rows":[[{"a":[]}]]}}',
    '{"type":"display","id":"r","item":{"kind":"image","type":"text/html","base64":"","alternative":""}}',
    '{"type":"display","id":"r","item":{"kind":"image","type":"image/png","base64":"<script>","alternative":""}}',
    `{"type":"ready","a":"${'a'.repeat(LONGEST_FRAME)}"}`,
    nested(200),
    nested(100_000),
  ];
  for (const line of hostile) assert.equal(parseFrame(line), null, line.slice(0, 80));
  assert.notEqual(parseFrame(nested(50)), null);
  assert.notEqual(parseFrame(JSON.stringify({ type: 'result', id: 'r', value: '[{"\\"'.repeat(200) })), null);
});

test('a tree is read to some depth, and refused beyond', () => {
  const nested = (levels: number) => {
    let tree = '{"type":"a","text":""}';
    for (let n = 0; n < levels; n++) tree = `{"type":"a","text":"","children":[{"key":"k","value":${tree}}]}`;
    return parseFrame(`{"type":"display","id":"r","item":{"kind":"tree","tree":${tree}}}`);
  };
  assert.equal(nested(20)?.type, 'display');
  assert.equal(nested(40), null);
});
