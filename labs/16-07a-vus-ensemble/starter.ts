import { Redis } from 'ioredis';

// Un seul nœud du cluster : il ne tient qu'un tiers des clés. À vous !
const redis = new Redis(7000);

export async function see(user: string, item: string): Promise<number> {
  await redis.sadd(`vus:${user}`, item);
  return redis.scard(`vus:${user}`);
}

export async function seen(user: string): Promise<string[]> {
  return redis.smembers(`vus:${user}`);
}

export async function inCommon(one: string, another: string): Promise<number> {
  return (await redis.sinter(`vus:${one}`, `vus:${another}`)).length;
}
