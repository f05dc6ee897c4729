import { Redis } from 'ioredis';

export interface Reservation {
  reserved: boolean;
  left: number;
}

const redis = new Redis();

export async function reserve(product: string, quantity: number): Promise<Reservation> {
  // Lit le stock, mais ne réserve encore rien. À vous !
  const [stock] = JSON.parse(
    String(await redis.call('JSON.GET', `produit:${product}`, '$.stock')),
  ) as number[];
  return { reserved: stock >= quantity, left: stock };
}
