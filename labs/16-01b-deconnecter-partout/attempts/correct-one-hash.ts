// passed
// Un seul hash par utilisateur : la session et la liste ne font qu’un, rien ne peut les séparer.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';

export interface Identity {
  user: string;
  device: string;
}

const redis = new Redis();
const empreinte = (jeton: string) => createHash('sha256').update(jeton).digest('base64url').slice(0, 22);
const proprietaire = (jeton: string) => jeton.slice(0, Math.max(0, jeton.lastIndexOf('.')));

const cle = (user: string) => `utilisateur:{${user}}`;

// Chaque champ est une session, dont la valeur est « fin|appareil ». Les mortes s'effacent au passage.
const MENAGE = `
  local t = redis.call('TIME')
  local maintenant = t[1] * 1000 + math.floor(t[2] / 1000)
  local vivantes = {}
  local champs = redis.call('HGETALL', KEYS[1])
  for n = 1, #champs, 2 do
    local fin, appareil = string.match(champs[n + 1], '^(%d+)|(.*)$')
    if tonumber(fin) > maintenant then vivantes[champs[n]] = appareil else redis.call('HDEL', KEYS[1], champs[n]) end
  end
`;
redis.defineCommand('ouvrir', {
  numberOfKeys: 1,
  lua: `${MENAGE}
    redis.call('HSET', KEYS[1], ARGV[1], string.format('%d|%s', maintenant + ARGV[3], ARGV[2]))
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end`,
});
redis.defineCommand('reconnaitre', { numberOfKeys: 1, lua: `${MENAGE} return vivantes[ARGV[1]] or false` });
redis.defineCommand('tourner', {
  numberOfKeys: 1,
  lua: `${MENAGE}
    if not vivantes[ARGV[1]] then return 0 end
    redis.call('HSET', KEYS[1], ARGV[2], redis.call('HGET', KEYS[1], ARGV[1]))
    redis.call('HDEL', KEYS[1], ARGV[1])
    return 1`,
});
redis.defineCommand('lister', {
  numberOfKeys: 1,
  lua: `${MENAGE}
    local noms = {}
    for _, appareil in pairs(vivantes) do noms[#noms + 1] = appareil end
    return noms`,
});
redis.defineCommand('revoquer', {
  numberOfKeys: 1,
  lua: `${MENAGE}
    local combien = 0
    for id in pairs(vivantes) do
      if id ~= ARGV[1] then combien = combien + redis.call('HDEL', KEYS[1], id) end
    end
    return combien`,
});
type Scripts = Redis & {
  ouvrir(cle: string, id: string, device: string, ttlMs: number): Promise<void>;
  reconnaitre(cle: string, id: string): Promise<string | null>;
  tourner(cle: string, id: string, nouvelId: string): Promise<number>;
  lister(cle: string): Promise<string[]>;
  revoquer(cle: string, gardee: string): Promise<number>;
};
const scripts = redis as Scripts;

export async function login(token: string, device: string, ttlMs: number): Promise<void> {
  await scripts.ouvrir(cle(proprietaire(token)), empreinte(token), device, ttlMs);
}

export async function who(token: string): Promise<Identity | null> {
  const user = proprietaire(token);
  const device = await scripts.reconnaitre(cle(user), empreinte(token));
  return device === null ? null : { user, device };
}

export async function rotate(token: string, renewed: string): Promise<boolean> {
  return (await scripts.tourner(cle(proprietaire(token)), empreinte(token), empreinte(renewed))) === 1;
}

export async function devices(user: string): Promise<string[]> {
  return (await scripts.lister(cle(user))).toSorted();
}

export async function logoutEverywhere(user: string, kept: string | null): Promise<number> {
  return scripts.revoquer(cle(user), kept === null ? '' : empreinte(kept));
}
