import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoder, encode, longestMessage, type HostEvent } from './protocol.ts';

const event: HostEvent = { type: 'output', session: 's', run: 'r', stream: 'stdout', text: 'é\n« ok »' };

test('messages survive being cut anywhere, characters included', () => {
  const decode = decoder<HostEvent>();
  const bytes = Buffer.from(encode(event) + encode(event));
  const seen = [...bytes].flatMap((byte) => decode(Buffer.from([byte])));
  assert.deepEqual(seen, [event, event]);
  assert.deepEqual(decoder<HostEvent>()(bytes), [event, event]);
});

test('a line that is no message ends the stream', () => {
  for (const line of ['\n', 'null\n', '3\n', '{}\n', '{"type":\n']) {
    assert.throws(() => decoder()(Buffer.from(line)), line);
  }
});

test('an endless line is refused before it fills the memory', () => {
  const decode = decoder();
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  assert.throws(() => {
    for (let sent = 0; sent <= longestMessage + chunk.length; sent += chunk.length) decode(chunk);
  }, RangeError);
});
