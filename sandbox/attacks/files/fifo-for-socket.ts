// A Redis puts a FIFO where its socket is expected, so that whoever opens it waits for ever → nobody opens it, the box is refused at once
import { spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ sandbox, after }) => {
  const box = await sandbox.start({ program: 'redis', memory: 64, disk: 1 });
  after(() => box.kill());
  await wait(20);
  const [, launcher, path] = /^\/proc\/(\d+)\/root(.*)$/.exec(box.redisSocket!)!;
  const asBox = `--target ${launcher} --mount setpriv --reuid ${box.uid} --regid ${box.uid} --clear-groups -- mkfifo ${path}`;
  if (spawnSync('nsenter', asBox.split(' ')).status !== 0) throw new Error('the FIFO was not made');
  const began = performance.now();
  const said = await Promise.race([
    box.seal().then(
      () => 'sealed',
      (error: Error) => error.message,
    ),
    wait(5000, 'still waiting'),
  ]);
  return {
    effect: said === 'sealed' || said === 'still waiting',
    observed: `${said} after ${Math.round(performance.now() - began)} ms`,
  };
});
