// A Redis that was broken into replaces its sealed socket by one of the attacker's, to speak to the host and other taps → the socket stays
import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { box } = await redis();
  const before = lstatSync(box.redisSocket!).ino;
  const [, launcher, path] = /^\/proc\/(\d+)\/root(.*)$/.exec(box.redisSocket!)!;
  const asBox = (words: string) =>
    spawnSync(
      'nsenter',
      `--target ${launcher} --mount setpriv --reuid ${box.uid} --regid ${box.uid} --clear-groups -- ${words}`.split(
        ' ',
      ),
    ).status;
  const answers = [
    asBox(`rm -f ${path}`),
    asBox(`mv ${path} ${path}.old`),
    asBox(`ln -sf /etc/passwd ${path}`),
  ];
  const now = lstatSync(box.redisSocket!, { throwIfNoEntry: false })?.ino;
  return {
    effect: now !== before,
    observed: `exit codes ${answers.join(', ')}; ${now === before ? 'the same socket' : 'another file'}`,
  };
});
