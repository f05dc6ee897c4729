// to-review race-with-refusal=unsold, killed-between=half-done
// Retire d'abord, rend si c'est trop : pendant ce temps, un acheteur plus petit est refusé, et une mort perd les articles.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  const add = async (path: string, amount: number) =>
    Number(await redis.call('JSON.NUMINCRBY', key, path, amount));
  const left = await add('$.stock', -quantity);
  if (left < 0) return { reserved: false, left: await add('$.stock', quantity) };
  await add('$.reserves', quantity);
  return { reserved: true, left };
}
