// Opens five hundred WebSockets with one token → beyond a dozen they are refused, and another learner comes in
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { attack } from '../attack.ts';

export default attack(async ({ site, after }) => {
  const { address, visitor } = await site();
  const { cookie } = await visitor();
  const { host, port } = new URL(address);
  const headers = {
    host,
    cookie,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const open: Duplex[] = [];
  after(() => open.forEach((socket) => socket.destroy()));
  await Promise.all(
    Array.from(
      { length: 500 },
      () =>
        new Promise<void>((resolve) => {
          const sent = request(
            { host: '127.0.0.1', port, path: '/ws', headers, agent: false },
            (response) => {
              response.resume();
              resolve();
            },
          );
          sent.on('upgrade', (_, socket) => {
            socket.on('error', () => {});
            open.push(socket);
            resolve();
          });
          sent.on('error', () => resolve());
          sent.end();
        }),
    ),
  );
  const other = await visitor().then(
    () => true,
    () => false,
  );
  return {
    effect: open.length > 20 || !other,
    observed: `${open.length} of 500 are open; another learner ${other ? 'came in' : 'was kept out'}`,
  };
});
