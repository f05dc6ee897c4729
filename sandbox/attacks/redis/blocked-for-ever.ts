// Blocks every connection it may have for ever by BLPOP, XREAD and WAIT → the host's own answers, a kill ends it
import { connect, type Socket } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { box, admin } = await redis({ clients: 64 });
  const orders = ['BLPOP nothing 0\r\n', 'XREAD BLOCK 0 STREAMS s $\r\n', 'WAIT 5 0\r\n', 'BZPOPMIN z 0\r\n'];
  const sockets: Socket[] = Array.from({ length: 60 }, (_, place) => {
    const socket = connect(box.redisSocket!);
    socket.on('error', () => {});
    socket.write(orders[place % orders.length]);
    return socket;
  });
  const answer = await Promise.race([
    admin.ping(),
    new Promise<string>((resolve) => setTimeout(() => resolve('nothing'), 3000).unref()),
  ]);
  const { reason } = await box.kill();
  for (const socket of sockets) socket.destroy();
  return {
    effect: answer !== 'PONG' || reason !== 'killed',
    observed: `the host is answered ${answer}; then ${reason}`,
  };
});
