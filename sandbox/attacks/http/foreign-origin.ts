// A page of another site opens the WebSocket in a learner's browser, with their cookie → it is refused
import { request } from 'node:http';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address, visitor } = await site();
  const { cookie } = await visitor();
  const { host, port } = new URL(address);
  const headers = {
    host,
    cookie,
    origin: 'https://evil.example',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const status = await new Promise<number>((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path: '/ws', headers }, (response) =>
      resolve(response.statusCode!),
    );
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    sent.end();
  });
  return { effect: status === 101, observed: `${status}` };
});
