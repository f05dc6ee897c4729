// Runs a loop without end in each language that has one → each is stopped at its time, and said so
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  const [one, two] = await Promise.all([eve.run('for (;;);'), eve.run('while True: pass', 'python')]);
  const limits = [one, two].map(
    ({ ended }) => `${ended.report?.outcome.class} ${ended.report?.outcome.limit}`,
  );
  return { effect: limits.some((text) => text !== 'limit time'), observed: limits.join(', ') };
});
