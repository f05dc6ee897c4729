// to-review refuses=reserved-beyond-stock
// Réserve ce qu'il y a quand la quantité dépasse le stock.
import { Redis } from 'ioredis';

const redis = new Redis();

const take = `
  local stock = cjson.decode(redis.call('JSON.GET', KEYS[1], '$.stock'))[1]
  local taken = math.min(stock, tonumber(ARGV[1]))
  redis.call('JSON.NUMINCRBY', KEYS[1], '$.stock', -taken)
  redis.call('JSON.NUMINCRBY', KEYS[1], '$.reserves', taken)
  return { taken, stock - taken }
`;

export async function reserve(product: string, quantity: number) {
  const [taken, left] = (await redis.eval(take, 1, `produit:${product}`, quantity)) as [number, number];
  return { reserved: taken > 0, left };
}
