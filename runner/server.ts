/**
 * The server: one origin for the built site, the HTTP API and the WebSocket, and the Unix socket that
 * hosts connect to. It never touches a box. Run as a program it reads its configuration from the
 * environment and stops on SIGTERM; `kill -9` costs running cells only.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { pino, type Logger } from 'pino';
import { api } from './api.ts';
import { Atelier } from './atelier.ts';
import { readConfig, type Config } from './config.ts';
import { namesOf, type Names } from './origin.ts';
import { openSockets } from './socket.ts';
import { openStore } from './store/store.ts';

/** A server that answers. */
export interface RunningServer {
  /** `http://127.0.0.1:4321`, the port being the real one. */
  address: string;
  atelier: Atelier;
  close(): Promise<void>;
}

/** Starts a server; it answers at once, and `/healthz` tells when its hosts have come. */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const atelier = new Atelier(config, await openStore(config.database), log);
  let names: Names = { hosts: new Set(), origins: new Set() };
  const server = createAdaptorServer({ fetch: api(atelier, () => names).fetch }) as Server;
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.maxRequestsPerSocket = 10_000;
  const closeSockets = openSockets(atelier, server, () => names);
  await atelier.open();
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  names = namesOf(config.host, port, config.origin);
  const shown = config.host.includes(':') ? `[${config.host}]` : config.host;
  const address = `http://${shown}:${port}`;
  log.info({ address, store: atelier.store.engine }, 'listening');
  return {
    address,
    atelier,
    async close() {
      closeSockets();
      const closed = once(server, 'close');
      server.close();
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
      await closed;
      await atelier.close();
    },
  };
}

if (import.meta.main) {
  const config = readConfig();
  const log = pino({ level: config.logLevel });
  const server = await startServer(config, log);
  process.send?.({ type: 'listening', address: server.address });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'could not stop cleanly');
          process.exit(1);
        },
      );
    });
  }
}
