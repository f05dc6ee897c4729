/**
 * A private PostgreSQL for tests: a new cluster in a temporary folder, reachable by Unix socket alone,
 * run by an ordinary user (PostgreSQL refuses root), stopped and deleted at the end.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A running test cluster; `url` is what DATABASE_URL would be. */
export interface Cluster {
  url: string;
  stop(): Promise<void>;
}

/** Starts a cluster, or fails with the command that installs PostgreSQL. */
export async function startCluster(): Promise<Cluster> {
  const programs = findPrograms();
  const identity = ordinaryUser();
  const folder = mkdtempSync(join(tmpdir(), 'atelier-postgres-'));
  if (identity !== undefined) chownSync(folder, identity.uid, identity.gid);
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' };
  const as = { ...identity, env: environment, cwd: folder };
  execFileSync(
    join(programs, 'initdb'),
    ['-D', join(folder, 'data'), '-U', 'atelier', '-A', 'trust', '--no-sync', '--no-instructions'],
    { ...as, stdio: 'pipe' },
  );
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', join(folder, 'data'), '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = once(server, 'exit');
  for (const deadline = Date.now() + 60_000; !log.includes('ready to accept connections'); await delay(50)) {
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`PostgreSQL did not start:\n${log}`);
  }
  return {
    url: `postgres://atelier@localhost/postgres?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      server.kill('SIGINT');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findPrograms(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined)
    throw new Error('PostgreSQL is missing; install it: sudo apt-get install postgresql');
  return found;
}

function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOfPostgres('-u'), gid: idOfPostgres('-g') };
}

function idOfPostgres(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}
