// to-review killed-between=half-done
// Le stock est pris par un script, les réserves sont notées après : une mort entre les deux perd les articles.
import { Redis } from 'ioredis';

const redis = new Redis();

const take = `
  local stock = cjson.decode(redis.call('JSON.GET', KEYS[1], '$.stock'))[1]
  if stock < tonumber(ARGV[1]) then return { 0, stock } end
  redis.call('JSON.NUMINCRBY', KEYS[1], '$.stock', -ARGV[1])
  return { 1, stock - ARGV[1] }
`;

export async function reserve(product: string, quantity: number) {
  const key = `produit:${product}`;
  const [taken, left] = (await redis.eval(take, 1, key, quantity)) as [number, number];
  if (taken === 1) await redis.call('JSON.NUMINCRBY', key, '$.reserves', quantity);
  return { reserved: taken === 1, left };
}
