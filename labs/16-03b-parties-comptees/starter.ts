import { Redis } from 'ioredis';

export interface Line {
  /** 1 pour le premier. */
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();

export async function award(season: string, player: string, _match: string, points: number): Promise<number> {
  // Le dernier score remplace le total, et la partie est oubliée. À vous !
  await redis.zadd(`saison:${season}`, points, player);
  return points;
}

export async function around(season: string, player: string, radius: number): Promise<Line[]> {
  const rank = await redis.zrevrank(`saison:${season}`, player);
  if (rank === null) return [];
  const players = await redis.zrange(`saison:${season}`, String(rank), String(rank + radius), 'REV');
  return players.map((name, n) => ({ rank: rank + n + 1, player: name, points: 0 }));
}
