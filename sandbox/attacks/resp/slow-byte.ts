// A server answers one byte a quarter of a second, on many connections, to keep them all → other learners' taps answer meanwhile
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ tapped, after }) => {
  const slow = await tapped((server) => {
    const timer = setInterval(() => server.write('$'), 250);
    server.on('close', () => clearInterval(timer));
  });
  const fast = await tapped((server) => server.on('data', () => server.write('+PONG\r\n')));
  for (let count = 0; count < 50; count++) {
    const client = connect(slow.port, '127.0.0.1');
    client.on('error', () => {});
    client.write('GET k\r\n');
    after(() => client.destroy());
  }
  const began = performance.now();
  const answered = await new Promise<boolean>((resolve) => {
    const client = connect(fast.port, '127.0.0.1', () => client.write('PING\r\n'));
    client.on('error', () => resolve(false));
    client.once('data', () => resolve(true));
    after(() => client.destroy());
    setTimeout(() => resolve(false), 5000).unref();
  });
  return {
    effect: !answered,
    observed: answered ? `answered after ${Math.round(performance.now() - began)} ms` : 'not answered',
  };
});
