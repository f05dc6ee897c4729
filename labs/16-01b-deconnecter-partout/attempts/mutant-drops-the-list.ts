// to-review rotation-against-logout=rotation-escaped, login-against-logout=list-forgets
// Supprime les sessions lues, puis la liste entière : la connexion arrivée entre les deux disparaît de la liste, et reste.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

export interface Identity {
  user: string;
  device: string;
}

const redis = new Redis();
const empreinte = (jeton: string) => createHash('sha256').update(jeton).digest('base64url').slice(0, 22);
const session = (user: string, id: string) => `session:{${user}}:${id}`;
const liste = (user: string) => `sessions:{${user}}`;
const proprietaire = (jeton: string) => jeton.slice(0, Math.max(0, jeton.lastIndexOf('.')));

redis.defineCommand('ouvrir', {
  numberOfKeys: 2,
  lua: `
    -- KEYS[1] session   KEYS[2] liste   ARGV[1] empreinte   ARGV[2] appareil   ARGV[3] durée (ms)
    local t = redis.call('TIME')
    local maintenant = t[1] * 1000 + math.floor(t[2] / 1000)
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', maintenant)
    redis.call('ZADD', KEYS[2], maintenant + ARGV[3], ARGV[1])
    if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end`,
});
redis.defineCommand('reconnaitre', {
  numberOfKeys: 2,
  lua: `
    return redis.call('GET', KEYS[1])`,
});
redis.defineCommand('tourner', {
  numberOfKeys: 3,
  lua: `
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    local fin = redis.call('ZSCORE', KEYS[3], ARGV[1]) or (redis.call('PEXPIRETIME', KEYS[1]))
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('ZADD', KEYS[3], fin, ARGV[2])
    redis.call('ZREM', KEYS[3], ARGV[1])
    return 1`,
});

type AvecScripts = Redis & {
  ouvrir(session: string, liste: string, id: string, device: string, ttlMs: number): Promise<void>;
  reconnaitre(session: string, liste: string, id: string): Promise<string | null>;
  tourner(ancienne: string, nouvelle: string, liste: string, id: string, nouvelId: string): Promise<number>;
};
const scripts = redis as AvecScripts;

export async function login(token: string, device: string, ttlMs: number): Promise<void> {
  const [user, id] = [proprietaire(token), empreinte(token)];
  await scripts.ouvrir(session(user, id), liste(user), id, device, ttlMs);
}

export async function who(token: string): Promise<Identity | null> {
  const [user, id] = [proprietaire(token), empreinte(token)];
  const device = await scripts.reconnaitre(session(user, id), liste(user), id);
  return device === null ? null : { user, device };
}

export async function rotate(token: string, renewed: string): Promise<boolean> {
  const user = proprietaire(token);
  const [id, nouvelId] = [empreinte(token), empreinte(renewed)];
  const fait = await scripts.tourner(session(user, id), session(user, nouvelId), liste(user), id, nouvelId);
  return fait === 1;
}

export async function devices(user: string): Promise<string[]> {
  const ids = await redis.zrange(liste(user), 0, '-1');
  if (ids.length === 0) return [];
  const found = await redis.mget(ids.map((id) => session(user, id)));
  return found.filter((device) => device !== null).toSorted();
}

export async function logoutEverywhere(user: string, kept: string | null): Promise<number> {
  const gardee = kept === null ? '' : empreinte(kept);
  const ids = (await redis.zrange(liste(user), 0, '-1')).filter((id) => id !== gardee);
  if (ids.length === 0) return 0;
  const combien = await redis.unlink(...ids.map((id) => session(user, id)));
  const fin = gardee && (await redis.zscore(liste(user), gardee));
  await redis.del(liste(user));
  if (fin) await redis.multi().zadd(liste(user), fin, gardee).pexpireat(liste(user), Number(fin)).exec();
  return combien;
}
