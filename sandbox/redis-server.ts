/** The configuration of a learner's Redis, as text for its standard input. */
import { randomBytes } from 'node:crypto';
import { aclLines, type Role } from './redis-acl.ts';

/** What an instance is started with. Sizes in MiB, `slowlog` in microseconds. */
export interface RedisSetting {
  memory: number;
  policy: string;
  clients: number;
  /** `notify-keyspace-events`. */
  notify: string;
  slowlog: number;
  role: Role;
  /** The files of the modules to load, as `Sandbox.redisModules` names them. */
  modules: string[];
  /** Of the user `admin`, the host's own; only its hash is written. */
  adminPassword: string;
}

/** The memory a redis box needs beyond its keys: the server, its modules, and one command that overshoots. */
export const memoryBeyondKeys = 160;

const policies = new Set([
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
]);

/** By default a query that is cut short answers with what it has found, and says nothing. */
const moduleArguments: Record<string, string> = { 'redisearch.so': ' TIMEOUT 2000 ON_TIMEOUT FAIL' };

/** A password for the admin of one instance. */
export function newAdminPassword(): string {
  return randomBytes(32).toString('hex');
}

/** The redis.conf of one instance; throws when a value is not one that Redis knows. */
export function redisConfiguration(setting: RedisSetting): string {
  if (!policies.has(setting.policy)) throw new Error(`maxmemory-policy: ${setting.policy}`);
  if (!/^[KEg$lshzxeAtdmn]*$/.test(setting.notify))
    throw new Error(`notify-keyspace-events: ${setting.notify}`);
  for (const name of ['memory', 'clients', 'slowlog'] as const) {
    if (!Number.isSafeInteger(setting[name]) || setting[name] < 0)
      throw new Error(`${name}: ${setting[name]}`);
  }
  const lines = [
    'port 0',
    'unixsocket /socket/redis.sock',
    'unixsocketperm 777',
    'dir /tmp',
    'save ""',
    'appendonly no',
    'logfile ""',
    'loglevel warning',
    'set-proc-title no',
    'crash-memcheck-enabled no',
    'oom-score-adj no',
    'stop-writes-on-bgsave-error no',
    // A state that is saved leaves as a replica's: at once, without a file.
    'repl-diskless-sync-delay 0',
    `maxmemory ${setting.memory}mb`,
    `maxmemory-policy ${setting.policy}`,
    // Client eviction is the trigger named for CVE-2026-23479.
    'maxmemory-clients 0',
    `maxclients ${setting.clients}`,
    'proto-max-bulk-len 8mb',
    'busy-reply-threshold 250',
    `notify-keyspace-events "${setting.notify}"`,
    `slowlog-log-slower-than ${setting.slowlog}`,
    ...setting.modules.map((file) => `loadmodule /modules/${file}${moduleArguments[file] ?? ''}`),
    ...aclLines(setting.role, setting.modules, setting.adminPassword),
  ];
  return `${lines.join('\n')}\n`;
}
