import { Redis } from 'ioredis';

const redis = new Redis.Cluster([{ host: '127.0.0.1', port: 7000 }]);

export async function see(user: string, item: string): Promise<number> {
  await redis.sadd(`vus:${user}`, item);
  return redis.scard(`vus:${user}`);
}

export async function seen(user: string): Promise<string[]> {
  return redis.smembers(`vus:${user}`);
}

export async function inCommon(one: string, another: string): Promise<number> {
  // SINTERCARD répond CROSSSLOT : les deux ensembles sont sur deux nœuds. À vous !
  return redis.sintercard(2, `vus:${one}`, `vus:${another}`).catch(() => 0);
}
