// Listens on every address so that the machine itself, or its learners, connect to the attacker → the machine finds nobody there
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  await python(`
trap = socket.socket()
trap.bind(('0.0.0.0', ${port}))
trap.listen()`);
  const reached = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
  await python('trap.close()');
  return {
    effect: reached,
    observed: reached ? 'the machine connected to the box' : 'the machine finds nobody',
  };
});
