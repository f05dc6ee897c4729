// Writes a program where others read it, by CONFIG SET dir and SAVE → no setting changes, no file is written
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const before = String(await admin.config('GET', 'dir'));
  const said: string[] = [];
  for (const words of [
    ['CONFIG', 'SET', 'dir', '/socket'],
    ['CONFIG', 'SET', 'dbfilename', 'evil'],
    ['SAVE'],
    ['BGSAVE'],
    ['BGREWRITEAOF'],
    ['CONFIG', 'REWRITE'],
  ])
    said.push(
      await learner
        .call(words[0], ...words.slice(1))
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return {
    effect: said.some((text) => text !== 'NOPERM') || String(await admin.config('GET', 'dir')) !== before,
    observed: said.join(' '),
  };
});
