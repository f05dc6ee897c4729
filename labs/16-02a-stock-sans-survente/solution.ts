import { Redis } from 'ioredis';

export interface Reservation {
  reserved: boolean;
  left: number;
}

const redis = new Redis();

// Lire, décider, écrire : trois gestes qu'un script fait d'un bloc. NUMINCRBY ne touche que les deux champs concernés.
redis.defineCommand('reserver', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] document du produit   ARGV[1] quantité   → {réservée, stock restant}
    local quantite = tonumber(ARGV[1])
    local stock = cjson.decode(redis.call('JSON.GET', KEYS[1], '$.stock'))[1]
    if stock < quantite then return { 0, stock } end
    redis.call('JSON.NUMINCRBY', KEYS[1], '$.stock', -quantite)
    redis.call('JSON.NUMINCRBY', KEYS[1], '$.reserves', quantite)
    return { 1, stock - quantite }
  `,
});

type AvecScript = Redis & { reserver(cle: string, quantite: number): Promise<[number, number]> };

export async function reserve(product: string, quantity: number): Promise<Reservation> {
  const [reservee, left] = await (redis as AvecScript).reserver(`produit:${product}`, quantity);
  return { reserved: reservee === 1, left };
}
