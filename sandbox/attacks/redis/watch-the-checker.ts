// Listens while it is graded, by every command that shows other clients' work → each is refused
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis({ role: 'grading' });
  const said: string[] = [];
  for (const words of [
    ['MONITOR'],
    ['SLOWLOG', 'GET'],
    ['LATENCY', 'LATEST'],
    ['CLIENT', 'LIST'],
    ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
    ['INFO', 'commandstats'],
    ['PUBSUB', 'CHANNELS'],
    ['OBJECT', 'FREQ', 'k'],
    ['MEMORY', 'STATS'],
  ])
    said.push(
      await learner.call(words[0], ...words.slice(1)).then(
        (answer) => JSON.stringify(answer),
        (error: Error) => error.message.split(' ')[0],
      ),
    );
  const heard: string[] = [];
  const spy = learner.duplicate();
  spy.on('pmessage', (...words: string[]) => heard.push(words.join(' ')));
  await spy.psubscribe('__key*').catch(() => null);
  await admin.set('of-the-checker', 'x');
  await new Promise((resolve) => setTimeout(resolve, 100));
  spy.disconnect();
  return {
    effect: said.some((text) => text !== 'NOPERM') || heard.length > 0,
    observed: `${[...new Set(said)].join(' ')}; heard ${heard.length} events`,
  };
});
