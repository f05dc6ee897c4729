// to-review ties=ties-by-something-else
// Trie les ex æquo dans la page, après que Redis a choisi qui est dans la page.
import { Redis } from 'ioredis';

export interface Line {
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();
const [cle, arrivees] = [(board: string) => `classement:${board}`, (board: string) => `arrivees:${board}`];

export async function submit(board: string, player: string, points: number, second: number): Promise<boolean> {
  const replies = await redis
    .multi()
    .call('ZADD', cle(board), 'GT', 'CH', points, player)
    .call('ZADD', arrivees(board), 'LT', 'CH', second, player)
    .exec();
  return replies![0]![1] === 1;
}

export async function top(board: string, count: number): Promise<Line[]> {
  const [scores, seconds] = await Promise.all([
    redis.zrange(cle(board), '0', String(count - 1), 'REV', 'WITHSCORES'),
    redis.zrange(arrivees(board), '0', '-1', 'WITHSCORES'),
  ]);
  const at = new Map<string, number>();
  for (let n = 0; n < seconds.length; n += 2) at.set(seconds[n]!, Number(seconds[n + 1]));
  const lines: { player: string; points: number }[] = [];
  for (let n = 0; n < scores.length; n += 2) lines.push({ player: scores[n]!, points: Number(scores[n + 1]) });
  return lines
    .toSorted((a, b) => b.points - a.points || at.get(a.player)! - at.get(b.player)!)
    .map((line, n) => ({ rank: n + 1, ...line }));
}

export async function rank(board: string, player: string): Promise<Line | null> {
  return (await top(board, 1_000_000)).find((line) => line.player === player) ?? null;
}
