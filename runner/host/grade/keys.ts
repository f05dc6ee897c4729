import type { Redis } from 'ioredis';
import type { Keys } from '../../../labs/kit.ts';

/** A script would run with the checker's rights on a server that the learner may have broken into. */
const scripts = /^(EVAL|EVALSHA|EVAL_RO|EVALSHA_RO|FCALL|FCALL_RO|FUNCTION)$/i;

/** The host's own connections: to the server that holds a key, and to all those that hold some. */
export interface Holders {
  of(key: string): Promise<Redis>;
  all(): Promise<Redis[]>;
}

/** The one server of a lab without topology. */
export function only(admin: Redis): Holders {
  return { of: async () => admin, all: async () => [admin] };
}

/** Runs a command that is not a script. */
export function runAsHost(admin: Redis, name: string, args: (string | number)[]): Promise<unknown> {
  if (scripts.test(name)) throw new Error(`the checker never runs ${name} on a learner's server`);
  return admin.call(name, ...args);
}

/** A checker's view of keys through the host's own connections. */
export function keysOf(holders: Holders): Keys {
  return {
    async find(pattern = '*') {
      const found = new Set<string>();
      for (const admin of await holders.all()) {
        let cursor = '0';
        do {
          const [next, keys] = await admin.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
          for (const key of keys) found.add(key);
          cursor = next;
        } while (cursor !== '0');
      }
      return [...found].toSorted();
    },
    async look(key) {
      const admin = await holders.of(key);
      const [type, ttlMs, memory] = await Promise.all([
        admin.type(key),
        admin.pttl(key),
        admin.memory('USAGE', key),
      ]);
      if (type === 'none' || ttlMs === -2) return null;
      return { key, type, ttlMs, memory: memory ?? 0 };
    },
    async remove(...keys) {
      for (const key of keys) await (await holders.of(key)).del(key);
    },
    async command(name, ...args) {
      return runAsHost(await holders.of(String(args[0] ?? '')), name, args);
    },
  };
}
