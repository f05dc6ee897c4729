// A Redis puts a symbolic link to a file of the machine where its socket is expected, for root to take in hand → the file keeps its owner and the box is refused
import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ sandbox, secret, after }) => {
  const target = secret('owned by nobody');
  chownSync(target, 65_534, 65_534);
  const box = await sandbox.start({ program: 'redis', memory: 64, disk: 1 });
  after(() => box.kill());
  await wait(20);
  const [, launcher, path] = /^\/proc\/(\d+)\/root(.*)$/.exec(box.redisSocket!)!;
  const asBox = `--target ${launcher} --mount setpriv --reuid ${box.uid} --regid ${box.uid} --clear-groups -- ln -sf ${target} ${path}`;
  const { status } = spawnSync('nsenter', asBox.split(' '));
  if (status !== 0) throw new Error('the link was not made');
  const said = await box.seal().then(
    () => 'sealed',
    (error: Error) => error.message,
  );
  const { uid } = lstatSync(target);
  return { effect: uid !== 65_534 || said === 'sealed', observed: `${said}; the file belongs to ${uid}` };
});
