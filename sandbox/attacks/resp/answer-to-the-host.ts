// A Redis that was broken into answers the host's own question with a string that never ends → a connection is lost, not the host's memory
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attack } from '../attack.ts';

export default attack(async ({ hostAsks, after }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  const part = Buffer.alloc(1 << 20, 'x');
  let sent = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('$500000000\r\n');
      const more = (): void => {
        while (!socket.destroyed && sent < 600) {
          sent++;
          if (!socket.write(part)) return void socket.once('drain', more);
        }
      };
      more();
    });
  });
  server.listen(join(folder, 'redis.sock'));
  await once(server, 'listening');
  after(() => rmSync(folder, { recursive: true }));
  after(() => server.close());
  const said = await hostAsks(join(folder, 'redis.sock'));
  return { effect: sent > 200, observed: `${sent} MiB were taken; ${said}` };
});
