/** A Redis that its learner has broken into answers the host: what it says costs a connection, not memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Redis, type RedisOptions } from 'ioredis';
import { guard, longestAnswer } from './guarded.ts';

/** A guarded connection to a server that answers the first bytes as `answer` does. */
async function facing(
  context: TestContext,
  answer: (socket: Socket) => void,
  more: RedisOptions = {},
): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'guarded-'));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  server.listen(join(folder, 'redis.sock'));
  await once(server, 'listening');
  const options = {
    path: join(folder, 'redis.sock'),
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    ...more,
  } as const;
  const redis = guard(new Redis(options));
  redis.on('error', () => {});
  context.after(() => {
    redis.disconnect();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return redis;
}

/** Writes the same bytes until the other end goes away; how many were taken. */
function flood(socket: Socket, head: string): void {
  const part = Buffer.alloc(1 << 20, 97);
  const more = (): void => {
    while (!socket.destroyed) if (!socket.write(part)) return void socket.once('drain', more);
  };
  socket.write(head);
  more();
}

for (const [what, answer] of Object.entries({
  'a string without end': (socket: Socket) => flood(socket, '$2000000000\r\n'),
  'a line without end': (socket: Socket) => flood(socket, '+'),
  'nesting without end': (socket: Socket) => socket.write('*1\r\n'.repeat(100_000)),
  'what is no RESP': (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\n'),
})) {
  test(`${what} ends the connection`, async (context) => {
    const redis = await facing(context, answer);
    await assert.rejects(redis.ping());
    assert.ok(process.memoryUsage().arrayBuffers < 4 * longestAnswer);
  });
}

test('an answer that is long is no answer without end', async (context) => {
  const text = 'x'.repeat(longestAnswer - 100);
  const redis = await facing(context, (socket) => socket.write(`$${text.length}\r\n${text}\r\n`.repeat(2)));
  const [one, two] = await Promise.all([redis.get('a'), redis.get('b')]);
  assert.deepEqual([one?.length, two?.length], [text.length, text.length]);
});

test('what a cut left open is refused when the next connection ends before its greeting', async (context) => {
  let greetings = 0;
  const redis = await facing(
    context,
    (socket) => {
      if (++greetings > 1) return void socket.destroy();
      socket.write('+OK\r\n');
      socket.once('data', () => socket.destroy());
    },
    { username: 'admin', password: 'secret', retryStrategy: () => (greetings < 2 ? 1 : null) },
  );
  await assert.rejects(redis.ping(), /has ended/);
  assert.equal(greetings, 2);
});
