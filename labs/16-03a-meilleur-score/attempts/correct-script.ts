// passed
// Un script compare et écrit ; le score composite y est fabriqué.
import { Redis } from 'ioredis';

export interface Line {
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();
redis.defineCommand('soumettre', {
  numberOfKeys: 1,
  lua: `
    -- KEYS[1] classement   ARGV[1] joueur   ARGV[2] points   ARGV[3] arrivée   → 1 si le classement a changé
    local score = ARGV[2] * 2 ^ 31 + 2 ^ 31 - 1 - ARGV[3]
    local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1)
    if score <= known then return 0 end
    redis.call('ZADD', KEYS[1], string.format('%.0f', score), ARGV[1])
    return 1
  `,
});
type WithScript = Redis & { soumettre(key: string, player: string, points: number, second: number): Promise<number> };

const cle = (board: string) => `classement:${board}`;

const span = 2 ** 31;
const pointsOf = (score: unknown) => Math.floor(Number(score) / span);

export async function submit(
  board: string,
  player: string,
  points: number,
  second: number,
): Promise<boolean> {
  const changed = await (redis as WithScript).soumettre(cle(board), player, points, second);
  return changed === 1;
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
