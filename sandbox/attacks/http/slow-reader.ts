// Asks again and again for all that its cells have shown and never reads it, for the server to keep it all → the page is closed and the server has not grown by it
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

const talk =
  "console.log('x'.repeat(60_000)); console.error('x'.repeat(60_000)); await new Promise((resolve) => setTimeout(resolve, 3500));";
const talkPython =
  "import sys, time\nprint('x' * 60_000)\nprint('x' * 60_000, file=sys.stderr)\ntime.sleep(3.5)";

export default attack(async ({ site }) => {
  const { visitor, memory } = await site();
  const talker = await visitor();
  const lazy = await visitor(talker.cookie);
  await talker.run('1');
  await talker.run('1', 'python');
  const before = memory();
  lazy.pause();
  const talking = Promise.allSettled([talker.run(talk), talker.run(talkPython, 'python')]);
  const isSaid = () =>
    talker.heard.filter(({ type, text }) => type === 'output' && text.length > 10_000).length >= 4;
  for (let tries = 0; tries < 100 && !isSaid(); tries++) await wait(20);
  // As fast as a learner may ask.
  let grown = 0;
  for (let count = 0; count < 60; count++) {
    for (let many = 0; many < 8; many++) lazy.send({ type: 'hello', lesson: 'libre' });
    await wait(40);
    grown = Math.max(grown, (memory() - before) >> 20);
  }
  await talking;
  return { effect: grown > 60, observed: `${grown} MiB more` };
});
