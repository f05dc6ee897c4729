/** Pour les essais : un Redis jumeau de celui de REDIS_URL, que l'on peut tuer, geler, rétrograder et remplir. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Un serveur à soi. */
export interface Twin {
  url: string;
  port: number;
  /** Arrêt brutal : les connexions tombent, les suivantes sont refusées. */
  kill(): Promise<void>;
  /** Relance sur le même port, vide. */
  start(): Promise<void>;
  /** Gèle le processus : il ne refuse rien et ne répond plus. */
  freeze(): void;
  thaw(): void;
  /** Une connexion d'administrateur, pour changer la configuration et regarder les clés. */
  admin(): Redis;
  /** Arrête tout et efface. */
  stop(): Promise<void>;
}

/** Lance le même programme, avec les mêmes modules, que le serveur de REDIS_URL. */
export async function startTwin(): Promise<Twin> {
  const model = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379');
  const executable = /^executable:(.+?)\r?$/m.exec(await model.info('server'))?.[1] ?? 'redis-server';
  const modules = JSON.stringify(await model.call('MODULE', 'LIST')).match(/[^"]+\.so/g) ?? [];
  model.disconnect();

  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'cache-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const admins: Redis[] = [];
  let child: ReturnType<typeof spawn> | undefined;

  const twin: Twin = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      child = spawn(executable, [...args, ...modules.flatMap((path) => ['--loadmodule', path])], {
        stdio: 'ignore',
      });
      const probe = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
      probe.on('error', () => {});
      await probe.ping();
      probe.disconnect();
    },
    async kill() {
      const gone = child && once(child, 'exit');
      child?.kill('SIGKILL');
      await gone;
      child = undefined;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    admin() {
      const admin = new Redis(port);
      admin.on('error', () => {});
      admins.push(admin);
      return admin;
    },
    async stop() {
      for (const admin of admins) admin.disconnect();
      await twin.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await twin.start();
  return twin;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('no free port');
  return address.port;
}
