import type { Redis } from 'ioredis';
import type { Keys } from '../../../labs/kit.ts';

/** A script would run with the checker's rights on a server that the learner may have broken into. */
const scripts = /^(EVAL|EVALSHA|EVAL_RO|EVALSHA_RO|FCALL|FCALL_RO|FUNCTION)$/i;

/** A checker's view of an instance through the host's own connection. */
export function keysOf(admin: Redis): Keys {
  return {
    async find(pattern = '*') {
      const found = new Set<string>();
      let cursor = '0';
      do {
        const [next, keys] = await admin.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
        for (const key of keys) found.add(key);
        cursor = next;
      } while (cursor !== '0');
      return [...found].toSorted();
    },
    async look(key) {
      const [type, ttlMs, memory] = await Promise.all([
        admin.type(key),
        admin.pttl(key),
        admin.memory('USAGE', key),
      ]);
      if (type === 'none' || ttlMs === -2) return null;
      return { key, type, ttlMs, memory: memory ?? 0 };
    },
    async remove(...keys) {
      if (keys.length > 0) await admin.del(...keys);
    },
    async command(name, ...args) {
      if (scripts.test(name)) throw new Error(`the checker never runs ${name} on a learner's server`);
      return admin.call(name, ...args);
    },
  };
}
