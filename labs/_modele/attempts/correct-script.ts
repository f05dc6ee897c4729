// passed
// Un script Lua : plus que nécessaire ici, mais juste. Il compte dans une clé par page.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.defineCommand('compter', { numberOfKeys: 1, lua: `return redis.call('INCRBY', KEYS[1], 1)` });

export async function visit(page: string): Promise<number> {
  return (redis as Redis & { compter(key: string): Promise<number> }).compter(`page:${page}`);
}
