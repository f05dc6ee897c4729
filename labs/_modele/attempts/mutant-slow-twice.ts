// to-review latency=too-slow
// Deux fois plus lent que nécessaire : après la réponse, attend encore aussi longtemps qu'elle a duré.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  const started = performance.now();
  const visits = await redis.incr(`visites:${page}`);
  const end = performance.now() + (performance.now() - started);
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  return visits;
}
