// passed
// Un verrou par produit, avec une échéance et un propriétaire.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();

const release = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  const lock = `verrou:${product}`;
  const owner = randomUUID();
  while ((await redis.set(lock, owner, 'PX', 1500, 'NX')) === null) await new Promise((done) => setTimeout(done, 3));
  try {
    const stock = JSON.parse(String(await redis.call('JSON.GET', key, '$.stock')))[0] as number;
    if (stock < quantity) return { reserved: false, left: stock };
    const transaction = redis.multi();
    transaction.call('JSON.NUMINCRBY', key, '$.stock', -quantity);
    transaction.call('JSON.NUMINCRBY', key, '$.reserves', quantity);
    await transaction.exec();
    return { reserved: true, left: stock - quantity };
  } finally {
    await redis.eval(release, 1, lock, owner);
  }
}
