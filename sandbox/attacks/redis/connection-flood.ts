// Opens more connections than the server takes, so that the host cannot connect → the host's own, opened first, answers
import { connect, type Socket } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { box, admin } = await redis({ clients: 64 });
  const sockets: Socket[] = [];
  let refused = 0;
  for (let count = 0; count < 200; count++) {
    const socket = connect(box.redisSocket!);
    socket.on('error', () => {});
    socket.on('data', () => refused++);
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const answer = await Promise.race([
    admin.ping(),
    new Promise<string>((resolve) => setTimeout(() => resolve('nothing'), 3000).unref()),
  ]);
  for (const socket of sockets) socket.destroy();
  return {
    effect: answer !== 'PONG' || refused === 0,
    observed: `${refused} refused; the host is answered ${answer}`,
  };
});
