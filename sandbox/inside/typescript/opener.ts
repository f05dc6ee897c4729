import { once } from 'node:events';
import { createServer } from 'node:net';

const REDIS_PORT = 6379;

/**
 * Opens the box's 127.0.0.1:6379 and hands the listening socket to the host, before any code of a
 * learner is loaded. The box keeps no copy: with one it would take connections meant for the tap.
 */
export async function handOverRedisPort(): Promise<void> {
  if (!process.send) return;
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: REDIS_PORT, backlog: 128 });
  await once(server, 'listening');
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send('listen', server, {}, () => {
    server.close();
    process.disconnect();
    resolve();
  });
  await promise;
}
