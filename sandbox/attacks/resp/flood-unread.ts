// Answers gigabytes that its learner never reads, for the relay to keep → the relay waits and keeps little
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ tapped, after }) => {
  let sent = 0;
  const part = Buffer.alloc(1 << 20, 'x');
  const tap = await tapped((server) =>
    server.once('data', () => {
      server.write('$500000000\r\n');
      const more = (): void => {
        while (!server.destroyed && sent < 400) {
          sent++;
          if (!server.write(part)) return void server.once('drain', more);
        }
      };
      more();
    }),
  );
  const before = process.memoryUsage.rss();
  const client = connect(tap.port, '127.0.0.1');
  client.on('error', () => {});
  client.pause();
  client.write('GET k\r\n');
  after(() => client.destroy());
  await new Promise((resolve) => setTimeout(resolve, 800));
  const grown = (process.memoryUsage.rss() - before) >> 20;
  return { effect: sent > 60 || grown > 100, observed: `${sent} MiB were taken, ${grown} MiB more` };
});
