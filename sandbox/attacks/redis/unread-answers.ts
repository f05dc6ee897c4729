// Asks for gigabytes of answers and reads none of them, so that they pile up in the server → never beyond the box
import { connect, type Socket } from 'node:net';
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const [bomb, neighbour] = await Promise.all([redis(), redis()]);
  await bomb.learner.set('big', Buffer.alloc(4 << 20, 'x'));
  const sockets: Socket[] = [];
  const running = (async () => {
    for (let count = 0; count < 60; count++) {
      const socket = connect(bomb.box.redisSocket!);
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET big\r\n'.repeat(50));
      sockets.push(socket);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const mib = await usedMemory(bomb.box, running);
  for (const socket of sockets) socket.destroy();
  const answer = await neighbour.learner.ping();
  return { effect: mib > 260 || answer !== 'PONG', observed: `${mib} MiB; its neighbour says ${answer}` };
});
