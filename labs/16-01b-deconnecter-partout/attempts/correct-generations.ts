// passed
// Un numéro de génération par utilisateur : révoquer l’augmente, et toute session d’une génération passée est morte.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

export interface Identity {
  user: string;
  device: string;
}

const redis = new Redis();
const empreinte = (jeton: string) => createHash('sha256').update(jeton).digest('base64url').slice(0, 22);
const proprietaire = (jeton: string) => jeton.slice(0, Math.max(0, jeton.lastIndexOf('.')));

const session = (user: string, id: string) => `session:{${user}}:${id}`;
const liste = (user: string) => `sessions:{${user}}`;
const generation = (user: string) => `generation:{${user}}`;

redis.defineCommand('ouvrir', {
  numberOfKeys: 3,
  lua: `
    local t = redis.call('TIME')
    local maintenant = t[1] * 1000 + math.floor(t[2] / 1000)
    redis.call('SET', KEYS[3], '0', 'NX')
    local numero = redis.call('GET', KEYS[3])
    redis.call('HSET', KEYS[1], 'appareil', ARGV[2], 'generation', numero, 'fin', string.format('%d', maintenant + ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', maintenant)
    redis.call('ZADD', KEYS[2], maintenant + ARGV[3], ARGV[1])
    for n = 2, 3 do
      if redis.call('PTTL', KEYS[n]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[n], ARGV[3]) end
    end`,
});
redis.defineCommand('reconnaitre', {
  numberOfKeys: 2,
  lua: `
    local s = redis.call('HMGET', KEYS[1], 'appareil', 'generation')
    if not s[1] or s[2] ~= redis.call('GET', KEYS[2]) then return false end
    return s[1]`,
});
redis.defineCommand('tourner', {
  numberOfKeys: 4,
  lua: `
    local s = redis.call('HMGET', KEYS[1], 'fin', 'generation')
    if not s[1] or s[2] ~= redis.call('GET', KEYS[4]) then return 0 end
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('ZADD', KEYS[3], s[1], ARGV[2])
    redis.call('ZREM', KEYS[3], ARGV[1])
    return 1`,
});
redis.defineCommand('revoquer', {
  numberOfKeys: 2,
  lua: `
    local t = redis.call('TIME')
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', t[1] * 1000 + math.floor(t[2] / 1000))
    local ttl = redis.call('PTTL', KEYS[2])
    if ttl < 0 then return 0 end
    local numero = redis.call('INCR', KEYS[2])
    local combien = redis.call('ZCARD', KEYS[1])
    local fin = redis.call('ZSCORE', KEYS[1], ARGV[1])
    redis.call('DEL', KEYS[1])
    if fin then
      combien = combien - 1
      redis.call('HSET', ARGV[2], 'generation', numero)
      redis.call('ZADD', KEYS[1], fin, ARGV[1])
      redis.call('PEXPIRE', KEYS[1], ttl)
    end
    return combien`,
});
type Scripts = Redis & {
  ouvrir(session: string, liste: string, generation: string, id: string, device: string, ttlMs: number): Promise<void>;
  reconnaitre(session: string, generation: string): Promise<string | null>;
  tourner(a: string, b: string, liste: string, generation: string, id: string, nouvelId: string): Promise<number>;
  revoquer(liste: string, generation: string, gardee: string, cleGardee: string): Promise<number>;
};
const scripts = redis as Scripts;

export async function login(token: string, device: string, ttlMs: number): Promise<void> {
  const [user, id] = [proprietaire(token), empreinte(token)];
  await scripts.ouvrir(session(user, id), liste(user), generation(user), id, device, ttlMs);
}

export async function who(token: string): Promise<Identity | null> {
  const user = proprietaire(token);
  const device = await scripts.reconnaitre(session(user, empreinte(token)), generation(user));
  return device === null ? null : { user, device };
}

export async function rotate(token: string, renewed: string): Promise<boolean> {
  const user = proprietaire(token);
  const [id, nouvelId] = [empreinte(token), empreinte(renewed)];
  const fait = await scripts.tourner(session(user, id), session(user, nouvelId), liste(user), generation(user), id, nouvelId);
  return fait === 1;
}

export async function devices(user: string): Promise<string[]> {
  const ids = await redis.zrange(liste(user), 0, '-1');
  const reading = redis.pipeline();
  for (const id of ids) reading.hget(session(user, id), 'appareil');
  const replies = (await reading.exec()) ?? [];
  return replies.flatMap(([, device]) => (typeof device === 'string' ? [device] : [])).toSorted();
}

export async function logoutEverywhere(user: string, kept: string | null): Promise<number> {
  const id = kept === null ? '' : empreinte(kept);
  return scripts.revoquer(liste(user), generation(user), id, session(user, id));
}
