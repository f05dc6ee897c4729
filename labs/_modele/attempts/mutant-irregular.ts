// to-review latency=too-slow
// Une visite sur huit attend longtemps : la médiane est parfaite, la moyenne ne l'est pas.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  if (Math.random() < 1 / 8) await sleep(12 + Math.random() * 8);
  return redis.incr(`visites:${page}`);
}
