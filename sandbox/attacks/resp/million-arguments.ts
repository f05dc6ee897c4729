// A learner announces a command of a thousand million arguments of no byte each → no memory is taken for them
import { ends } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ tapped }) => {
  const before = process.memoryUsage.rss();
  const tap = await tapped((server) => server.resume());
  await ends(tap.port, `*1000000000\r\n${'$0\r\n\r\n'.repeat(1_000_000)}`, 1500);
  const grown = (process.memoryUsage.rss() - before) >> 20;
  return { effect: grown > 200, observed: `${grown} MiB more` };
});
