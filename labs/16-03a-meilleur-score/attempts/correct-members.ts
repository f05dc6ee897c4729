// passed
// Les points seuls dans le score ; l’arrivée en tête du membre, et un hash pour retrouver le membre d’un joueur.
import { Redis } from 'ioredis';

export interface Line {
  rank: number;
  player: string;
  points: number;
}

const redis = new Redis();
const cles = (board: string) => [`classement:{${board}}`, `membres:{${board}}`] as const;

redis.defineCommand('soumettre', {
  numberOfKeys: 2,
  lua: `
    -- À score égal, Redis trie par nom, et REV retourne : l'arrivée est complémentée pour que la plus tôt soit la plus grande.
    local member = string.format('%010d', 2147483647 - ARGV[3]) .. ':' .. ARGV[1]
    local known = redis.call('HGET', KEYS[2], ARGV[1])
    if known then
      local points = tonumber(redis.call('ZSCORE', KEYS[1], known))
      if tonumber(ARGV[2]) < points or (tonumber(ARGV[2]) == points and member <= known) then return 0 end
      redis.call('ZREM', KEYS[1], known)
    end
    redis.call('ZADD', KEYS[1], ARGV[2], member)
    redis.call('HSET', KEYS[2], ARGV[1], member)
    return 1
  `,
});
redis.defineCommand('ligne', {
  numberOfKeys: 2,
  lua: `
    local member = redis.call('HGET', KEYS[2], ARGV[1])
    if not member then return false end
    return redis.call('ZREVRANK', KEYS[1], member, 'WITHSCORE')
  `,
});

type WithScripts = Redis & {
  soumettre(board: string, members: string, player: string, points: number, second: number): Promise<number>;
  ligne(board: string, members: string, player: string): Promise<[number, string] | null>;
};
const scripts = redis as WithScripts;

export async function submit(board: string, player: string, points: number, second: number): Promise<boolean> {
  return (await scripts.soumettre(...cles(board), player, points, second)) === 1;
}

export async function top(board: string, count: number): Promise<Line[]> {
  const reply = await redis.zrange(cles(board)[0], '0', String(count - 1), 'REV', 'WITHSCORES');
  const lines: Line[] = [];
  for (let n = 0; n < reply.length; n += 2)
    lines.push({ rank: n / 2 + 1, player: reply[n]!.slice(11), points: Number(reply[n + 1]) });
  return lines;
}

export async function rank(board: string, player: string): Promise<Line | null> {
  const found = await scripts.ligne(...cles(board), player);
  return found && { rank: found[0] + 1, player, points: Number(found[1]) };
}
