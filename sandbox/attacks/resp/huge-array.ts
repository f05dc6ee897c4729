// Announces an array of two thousand million values, for room to be made for them → no memory is taken
import { ends } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ tapped }) => {
  const before = process.memoryUsage.rss();
  const tap = await tapped((server) => server.once('data', () => server.write('*2147483647\r\n:1\r\n')));
  await ends(tap.port, 'GET k\r\n', 500);
  const grown = (process.memoryUsage.rss() - before) >> 20;
  return { effect: grown > 200, observed: `${grown} MiB more` };
});
