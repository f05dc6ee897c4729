// Runs a script for ever that has written, which Redis itself refuses to kill → the instance is ended, and said lost by a hang
import { attack } from '../attack.ts';

export default attack(async ({ instance }) => {
  const { connect } = await import('node:net');
  const held = await instance();
  held.use();
  const socket = connect(held.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`EVAL "redis.call('SET', 'k', 1) while true do end" 0\r\n`);
  const began = performance.now();
  const said = await Promise.race([
    held.lost.then(({ cause }) => cause),
    new Promise<string>((resolve) => setTimeout(() => resolve('it runs on'), 15_000).unref()),
  ]);
  socket.destroy();
  return { effect: said !== 'hang', observed: `${said} after ${Math.round(performance.now() - began)} ms` };
});
