// to-review race-for-the-last=oversold, race-for-both=update-lost, price-kept=price-overwritten
// Lit le document, le change, le réécrit entier : tout ce que les autres ont écrit entre-temps est effacé.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  const document = JSON.parse(String(await redis.call('JSON.GET', key))) as { stock: number; reserves: number };
  if (document.stock < quantity) return { reserved: false, left: document.stock };
  document.stock -= quantity;
  document.reserves += quantity;
  await redis.call('JSON.SET', key, '$', JSON.stringify(document));
  return { reserved: true, left: document.stock };
}
