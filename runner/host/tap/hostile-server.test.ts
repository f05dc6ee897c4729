/** A Redis that its learner has broken into says anything: the tap never believes, never buffers, never dies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resp, Rig, waitFor } from '../rig.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
let rig: Rig;
before(async () => (rig = await Rig.open()));
after(async () => {
  for (const server of servers) server.close();
  await rig.close();
  rmSync(folder, { recursive: true });
});

const servers: Server[] = [];

/** A tap in front of a server that answers the first bytes of each connection as `answer` does. */
async function facing(answer: (socket: Socket) => void) {
  const path = join(folder, `${servers.length}.sock`);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  servers.push(server);
  server.listen(path);
  await once(server, 'listening');
  return rig.tap(path);
}

const lies: Record<string, string> = {
  'a negative length': '$-7\r\n',
  'a length beyond all reason': '*9999999999\r\n',
  'nesting without end': '*1\r\n'.repeat(10_000),
  'attributes without end': '|1\r\n'.repeat(10_000),
  'a type that is none': 'HTTP/1.1 200 OK\r\n',
};

for (const [what, lie] of Object.entries(lies)) {
  test(`${what} ends the connection`, async () => {
    const { port, tap } = await facing((socket) => socket.write(lie));
    const wire = await rig.wire(port);
    wire.write(resp('GET', 'k'));
    await waitFor(() => wire.ended);
    assert.equal(tap.outstanding, 0);
    assert.equal(tap.connections, 0);
  });
}

test('replies nobody asked for pass, and are counted as no command’s', async () => {
  const { port, tap } = await facing((socket) =>
    socket.write('+one\r\n+two\r\n*1\r\n$4\r\nthree\r\n'.replace('$4', '$5')),
  );
  const recording = tap.record();
  const wire = await rig.wire(port);
  wire.write(resp('GET', 'k'));
  await wire.until('three\r\n');
  const { list, bytesOut } = recording.end();
  assert.deepEqual(
    list.map(({ reply }) => reply),
    ['one'],
  );
  assert.equal(bytesOut, '+one\r\n+two\r\n*1\r\n$5\r\nthree\r\n'.length);
});

test('an array without end passes as it comes, and costs no memory', async () => {
  let sent = 0;
  const chunk = Buffer.from(`$1000\r\n${'x'.repeat(1000)}\r\n`.repeat(100));
  const { port, tap } = await facing((socket) => {
    socket.write('*2147483647\r\n');
    const more = () => {
      while (sent < 200_000_000 && socket.write(chunk)) sent += chunk.length;
      if (sent < 200_000_000) socket.once('drain', more);
      else socket.destroy();
    };
    more();
  });
  const recording = tap.record();
  const wire = await rig.wire(port);
  let received = 0;
  wire.socket.removeAllListeners('data');
  wire.socket.on('data', (piece) => (received += piece.length));
  const atFirst = process.memoryUsage().rss;
  wire.write(resp('LRANGE', 'k', 0, -1));
  await waitFor(() => wire.socket.closed);
  assert.ok(received > 190_000_000);
  assert.ok(process.memoryUsage().rss - atFirst < 100 * 1024 * 1024);
  assert.deepEqual(
    recording.end().list.map(({ reply, replyKind }) => [reply, replyKind]),
    [['', 'none']],
  );
});

test('a server that never answers, then goes, loses the commands that waited', async () => {
  const { port, tap } = await facing((socket) => setImmediate(() => socket.destroy()));
  const states: string[] = [];
  tap.observe({ finished: ({ name, state }) => states.push(`${name} ${state}`) });
  const wire = await rig.wire(port);
  wire.write(Buffer.concat([resp('GET', 'a'), resp('SET', 'b', 1)]));
  await waitFor(() => wire.ended);
  assert.deepEqual(states, ['GET lost', 'SET lost']);
});

test('confirmations and messages that are forged confuse no one else', async () => {
  const forged =
    '>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:999999999999\r\n>3\r\n$11\r\nunsubscribe\r\n$-1\r\n:-5\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n+OK\r\n';
  const { port, tap } = await facing((socket) => socket.write(forged));
  const wire = await rig.wire(port);
  wire.write(resp('GET', 'k'));
  await wire.until('+OK\r\n');
  assert.equal(tap.outstanding, 0);
});
