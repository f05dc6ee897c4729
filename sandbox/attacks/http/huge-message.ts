// Sends a message of many megabytes on the WebSocket → it is not taken, and the server has not grown by it
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address, visitor, memory } = await site();
  const { cookie } = await visitor();
  const { host, port } = new URL(address);
  const before = memory();
  const socket = connect(Number(port), '127.0.0.1');
  let sent = 0;
  let closed = false;
  socket.on('error', () => (closed = true));
  socket.on('close', () => (closed = true));
  socket.resume();
  socket.write(
    `GET /ws HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  await wait(200);
  // A masked text frame that says it holds 512 MiB.
  socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0]));
  const part = Buffer.alloc(1 << 20, 'x');
  while (!closed && sent < 300) {
    sent++;
    if (!socket.write(part))
      await Promise.race([
        new Promise((resolve) => socket.once('drain', resolve)),
        new Promise((resolve) => socket.once('close', resolve)),
        wait(2000),
      ]);
  }
  const grown = (memory() - before) >> 20;
  socket.destroy();
  return {
    effect: !closed || grown > 100,
    observed: `${closed ? 'cut off' : 'taken'} after ${sent} MiB, ${grown} MiB more`,
  };
});
