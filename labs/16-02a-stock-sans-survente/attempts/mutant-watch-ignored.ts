// to-review race-for-the-last=oversold, race-for-both=update-lost
// WATCH, mais EXEC qui rend null n'est pas regardé : la réservation est annoncée et n'a pas eu lieu.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  await redis.watch(key);
  const stock = JSON.parse(String(await redis.call('JSON.GET', key, '$.stock')))[0] as number;
  if (stock < quantity) {
    await redis.unwatch();
    return { reserved: false, left: stock };
  }
  const transaction = redis.multi();
  transaction.call('JSON.NUMINCRBY', key, '$.stock', -quantity);
  transaction.call('JSON.NUMINCRBY', key, '$.reserves', quantity);
  await transaction.exec();
  return { reserved: true, left: stock - quantity };
}
