// passed
// WATCH sur le document, MULTI pour écrire, et on recommence si quelqu'un est passé.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  for (;;) {
    await redis.watch(key);
    const stock = JSON.parse(String(await redis.call('JSON.GET', key, '$.stock')))[0] as number;
    if (stock < quantity) {
      await redis.unwatch();
      return { reserved: false, left: stock };
    }
    const transaction = redis.multi();
    transaction.call('JSON.NUMINCRBY', key, '$.stock', -quantity);
    transaction.call('JSON.NUMINCRBY', key, '$.reserves', quantity);
    if ((await transaction.exec()) !== null) return { reserved: true, left: stock - quantity };
  }
}
