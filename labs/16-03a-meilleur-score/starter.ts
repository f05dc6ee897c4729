import { Redis } from 'ioredis';

export interface Line {
  /** 1 pour le premier. */
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();

export async function submit(
  board: string,
  player: string,
  points: number,
  _second: number,
): Promise<boolean> {
  // Le dernier score remplace le précédent, et l’arrivée est oubliée. À vous de trouver mieux !
  await redis.zadd(`classement:${board}`, points, player);
  return true;
}

export async function top(board: string, count: number): Promise<Line[]> {
  const reply = await redis.zrange(`classement:${board}`, '0', String(count - 1), 'REV', 'WITHSCORES');
  const lines: Line[] = [];
  for (let n = 0; n < reply.length; n += 2)
    lines.push({ rank: n / 2 + 1, player: reply[n]!, points: Number(reply[n + 1]) });
  return lines;
}

export async function rank(board: string, player: string): Promise<Line | null> {
  const found = await redis.call('ZREVRANK', `classement:${board}`, player, 'WITHSCORE');
  return Array.isArray(found) ? { rank: Number(found[0]) + 1, player, points: Number(found[1]) } : null;
}
