// to-review race-for-the-last=oversold
// Décide d'après une lecture, puis retire : deux acheteurs ont lu le même stock.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  const stock = JSON.parse(String(await redis.call('JSON.GET', key, '$.stock')))[0] as number;
  if (stock < quantity) return { reserved: false, left: stock };
  const transaction = redis.multi();
  transaction.call('JSON.NUMINCRBY', key, '$.stock', -quantity);
  transaction.call('JSON.NUMINCRBY', key, '$.reserves', quantity);
  const [[, left]] = (await transaction.exec())!;
  return { reserved: true, left: Number(left) };
}
