// to-review no-scan=grows-commands
// SCAN au lieu de KEYS : personne n’est bloqué, mais les clés de tous sont parcourues.
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

// La liste fait foi : une session qui n'y figure pas est morte, même si sa clé existe encore.
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
    if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return false end
    return redis.call('GET', KEYS[1])`,
});
redis.defineCommand('tourner', {
  numberOfKeys: 3,
  lua: `
    local fin = redis.call('ZSCORE', KEYS[3], ARGV[1])
    if not fin or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('ZADD', KEYS[3], fin, ARGV[2])
    redis.call('ZREM', KEYS[3], ARGV[1])
    return 1`,
});
redis.defineCommand('revoquer', {
  numberOfKeys: 1,
  lua: `
    local t = redis.call('TIME')
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', t[1] * 1000 + math.floor(t[2] / 1000))
    local revoquees = {}
    for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
      if id ~= ARGV[1] then
        revoquees[#revoquees + 1] = id
        redis.call('ZREM', KEYS[1], id)
      end
    end
    return revoquees`,
});

type AvecScripts = Redis & {
  ouvrir(session: string, liste: string, id: string, device: string, ttlMs: number): Promise<void>;
  reconnaitre(session: string, liste: string, id: string): Promise<string | null>;
  tourner(ancienne: string, nouvelle: string, liste: string, id: string, nouvelId: string): Promise<number>;
  revoquer(liste: string, gardee: string): Promise<string[]>;
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
  let curseur = '0';
  do {
    const [suivant, cles] = await redis.scan(curseur, 'MATCH', `session:{${user}}:*`, 'COUNT', 1000);
    const mortes = cles.filter((cle) => !gardee || !cle.endsWith(gardee));
    if (mortes.length > 0) await redis.unlink(...mortes);
    curseur = suivant;
  } while (curseur !== '0');
  const revoquees = await scripts.revoquer(liste(user), gardee);
  return revoquees.length;
}
