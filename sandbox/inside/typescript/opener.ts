import { once } from 'node:events';
import { createServer } from 'node:net';

const REDIS_PORT = '6379';

/**
 * Opens the box's Redis ports and hands the listening sockets to the host, before any code of a
 * learner is loaded. The box keeps no copy: with one it would take connections meant for the host.
 */
export async function handOverRedisPorts(): Promise<void> {
  if (!process.send) return;
  const ports = (process.env.ATELIER_PORTS ?? REDIS_PORT).split(',');
  delete process.env.ATELIER_PORTS;
  for (const port of ports) await handOver(Number(port));
  if (process.connected) process.disconnect();
}

async function handOver(port: number): Promise<void> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port, backlog: 128 });
  await once(server, 'listening');
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send!('listen', server, {}, () => {
    server.close();
    resolve();
  });
  await promise;
}
