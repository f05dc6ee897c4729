// to-review killed-between=counted-twice, same-match=counted-twice, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands?
// Regarde la marque, ajoute, puis marque : rejouée entre-temps, la partie compte deux fois.
import { Redis } from 'ioredis';

export interface Line {
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();
const total = (season: string) => `saison:{${season}}`;
const mark = (season: string, match: string, player: string) => `partie:{${season}}:${match}:${player}`;

redis.defineCommand('compter', {
  numberOfKeys: 2,
  lua: `
    -- KEYS[1] classement   KEYS[2] marque   ARGV[1] joueur   ARGV[2] points   → total
    if redis.call('SET', KEYS[2], 1, 'EX', 86400, 'NX') then
      redis.call('ZINCRBY', KEYS[1], ARGV[2], ARGV[1])
    end
    return redis.call('ZSCORE', KEYS[1], ARGV[1])
  `,
});

redis.defineCommand('voisins', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] classement   ARGV[1] joueur   ARGV[2] rayon   → { rang du premier rendu, page }, ou nil
    local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
    if not rank then return false end
    local first = math.max(0, rank - ARGV[2])
    return { first, redis.call('ZRANGE', KEYS[1], first, rank + ARGV[2], 'REV', 'WITHSCORES') }
  `,
});

type WithScripts = Redis & {
  compter(board: string, mark: string, player: string, points: number): Promise<string>;
  voisins(board: string, player: string, radius: number): Promise<[number, string[]] | null>;
};
const scripts = redis as WithScripts;

export async function award(season: string, player: string, match: string, points: number): Promise<number> {
  if (await redis.exists(mark(season, match, player))) return Number(await redis.zscore(total(season), player));
  const found = await redis.zincrby(total(season), points, player);
  await redis.set(mark(season, match, player), 1, 'EX', 86_400);
  return Number(found);
}

export async function around(season: string, player: string, radius: number): Promise<Line[]> {
  const found = await scripts.voisins(total(season), player, radius);
  if (!found) return [];
  const [first, page] = found;
  const lines: Line[] = [];
  for (let n = 0; n < page.length; n += 2)
    lines.push({ rank: first + n / 2 + 1, player: page[n]!, points: Number(page[n + 1]) });
  return lines;
}
