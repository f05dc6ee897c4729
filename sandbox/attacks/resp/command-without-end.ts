// A learner sends a command whose argument never ends, for the relay to keep it whole → the relay keeps little
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ tapped, after }) => {
  const tap = await tapped((server) => server.pause());
  const before = process.memoryUsage.rss();
  const client = connect(tap.port, '127.0.0.1');
  client.on('error', () => {});
  after(() => client.destroy());
  let sent = 0;
  const part = Buffer.alloc(1 << 20, 'x');
  const more = (): void => {
    while (!client.destroyed && sent < 400) {
      sent++;
      if (!client.write(part)) return void client.once('drain', more);
    }
  };
  client.write('*2\r\n$3\r\nGET\r\n$500000000\r\n');
  more();
  await new Promise((resolve) => setTimeout(resolve, 800));
  const grown = (process.memoryUsage.rss() - before) >> 20;
  return { effect: sent > 60 || grown > 100, observed: `${sent} MiB were taken, ${grown} MiB more` };
});
