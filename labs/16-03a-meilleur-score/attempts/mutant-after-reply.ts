// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?
// Répond d’abord, note l’heure du dernier score ensuite : la réponse est rapide, le travail ne l’est pas.
import { Redis } from 'ioredis';

export interface Line {
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();
const cle = (board: string) => `classement:${board}`;

const span = 2 ** 31;
const pointsOf = (score: unknown) => Math.floor(Number(score) / span);

export async function submit(
  board: string,
  player: string,
  points: number,
  second: number,
): Promise<boolean> {
  setTimeout(() => void redis.set(`vu:${board}`, second), 2);
  const score = points * span + (span - 1 - second);
  return Number(await redis.call('ZADD', cle(board), 'GT', 'CH', score, player)) === 1;
}

export async function top(board: string, count: number): Promise<Line[]> {
  const reply = await redis.zrange(cle(board), '0', String(count - 1), 'REV', 'WITHSCORES');
  const lines: Line[] = [];
  for (let n = 0; n < reply.length; n += 2)
    lines.push({ rank: n / 2 + 1, player: reply[n]!, points: pointsOf(reply[n + 1]) });
  return lines;
}

export async function rank(board: string, player: string): Promise<Line | null> {
  const found = await redis.call('ZREVRANK', cle(board), player, 'WITHSCORE');
  return Array.isArray(found) ? { rank: Number(found[0]) + 1, player, points: pointsOf(found[1]) } : null;
}
