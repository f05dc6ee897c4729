// Kills every connection to its server, the host's own among them, so that nobody watches it → the host is back at once
import { attack } from '../attack.ts';

export default attack(async ({ instance }) => {
  const { connect } = await import('node:net');
  const held = await instance();
  held.use();
  const socket = connect(held.port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.write('CLIENT KILL USER admin\r\n');
  });
  const answers = await Promise.race([
    held.answers(),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 3000).unref()),
  ]);
  socket.destroy();
  return { effect: !answers, observed: answers ? 'the host’s connection answers' : 'nobody watches it' };
});
