// Queues a million commands between MULTI and EXEC, whose memory no limit of keys counts → never beyond the box
import { connect } from 'node:net';
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const [bomb, neighbour] = await Promise.all([redis(), redis()]);
  const socket = connect(bomb.box.redisSocket!);
  socket.on('error', () => {});
  socket.resume();
  const part = 'SET k v\r\n'.repeat(10_000);
  const running = (async () => {
    socket.write('MULTI\r\n');
    for (let sent = 0; sent < 100 && !socket.destroyed; sent++) {
      if (!socket.write(part))
        await Promise.race([
          new Promise((resolve) => socket.once('drain', resolve)),
          new Promise((resolve) => setTimeout(resolve, 2000)),
        ]);
    }
  })();
  const mib = await usedMemory(bomb.box, running);
  socket.destroy();
  const answer = await neighbour.learner.ping();
  return { effect: mib > 260 || answer !== 'PONG', observed: `${mib} MiB; its neighbour says ${answer}` };
});
