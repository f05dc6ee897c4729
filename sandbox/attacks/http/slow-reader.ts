// Runs what prints without end and never reads its page, for the server to keep it all → the page is closed and the server has not grown by it
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor, memory } = await site();
  const lazy = await visitor();
  lazy.send({ type: 'terminal-open', lesson: 'libre', terminal: 't', columns: 80, rows: 24 });
  await lazy.run(
    "import { Redis } from 'ioredis'; const redis = new Redis(); await redis.set('big', 'x'.repeat(4_000_000)); console.log('ready');",
  );
  const before = memory();
  lazy.pause();
  for (let count = 0; count < 40; count++)
    lazy.send({ type: 'terminal-input', lesson: 'libre', terminal: 't', data: 'GET big\r' });
  // Until it grows no more.
  let grown = 0;
  for (let still = 0; still < 6 && grown < 150;) {
    await wait(500);
    const now = (memory() - before) >> 20;
    still = now > grown + 1 ? 0 : still + 1;
    grown = Math.max(grown, now);
  }
  return { effect: grown > 150, observed: `${grown} MiB more` };
});
