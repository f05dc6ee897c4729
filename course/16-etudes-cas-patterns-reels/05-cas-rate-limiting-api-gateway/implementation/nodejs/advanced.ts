/**
 * Rate limiting, étape 2 : quatre algorithmes, appelés par leur empreinte, et les en-têtes HTTP.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';
import { decisionOf, type Decision } from './basic.ts';

export type { Decision };

// #region politiques
/** Ce qui est permis, et comment on le compte. */
export type Policy =
  | { algorithm: 'fixed-window' | 'sliding-log' | 'sliding-counter'; limit: number; windowMs: number }
  | { algorithm: 'token-bucket'; capacity: number; ratePerSecond: number };

/** Nombre maximal de requêtes que la politique admet d'un coup. */
export function burstOf(policy: Policy): number {
  return policy.algorithm === 'token-bucket' ? policy.capacity : policy.limit;
}

/** Durée sur laquelle la politique se lit, en millisecondes : la fenêtre, ou le temps de remplir le seau. */
export function periodOf(policy: Policy): number {
  return policy.algorithm === 'token-bucket'
    ? (policy.capacity * 1000) / policy.ratePerSecond
    : policy.windowMs;
}
// #endregion politiques

// #region script
/** Un script du dossier `lua-scripts`, appelé par empreinte ; le texte ne part que si Redis l'a oublié. */
function load(name: string) {
  const source = readFileSync(new URL(`../../lua-scripts/${name}.lua`, import.meta.url), 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return async (redis: Redis | Cluster, key: string, args: (string | number)[]): Promise<Decision> => {
    try {
      return decisionOf(await redis.evalsha(sha, 1, key, ...args));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return decisionOf(await redis.eval(source, 1, key, ...args));
    }
  };
}

const scripts = {
  'fixed-window': load('fixed-window'),
  'sliding-log': load('sliding-log'),
  'sliding-counter': load('sliding-counter'),
  'token-bucket': load('token-bucket'),
};
// #endregion script

// #region limiteur
export interface Limiter {
  readonly policy: Policy;
  /** Décide d'une requête ; `cost` ne vaut que pour le seau à jetons. */
  check(client: string, cost?: number): Promise<Decision>;
}

/** Un limiteur : l'accolade de la clé garde toutes les limites d'un client sur le même nœud d'un cluster. */
export function createLimiter(redis: Redis | Cluster, name: string, policy: Policy): Limiter {
  validate(policy);
  return {
    policy,
    check(client, cost = 1) {
      const key = `rl:{${client}}:${name}`;
      if (policy.algorithm === 'token-bucket') {
        if (!(cost > 0 && cost <= policy.capacity))
          throw new RangeError(`coût ${cost} hors de ]0, ${policy.capacity}]`);
        return scripts['token-bucket'](redis, key, [policy.capacity, policy.ratePerSecond, cost]);
      }
      const args = [policy.limit, policy.windowMs];
      return scripts[policy.algorithm](
        redis,
        key,
        policy.algorithm === 'sliding-log' ? [...args, randomUUID()] : args,
      );
    },
  };
}

function validate(policy: Policy): void {
  const [amount, pace] =
    policy.algorithm === 'token-bucket'
      ? [policy.capacity, policy.ratePerSecond]
      : [policy.limit, Number.isInteger(policy.windowMs) ? policy.windowMs : NaN];
  if (!(Number.isInteger(amount) && amount >= 1 && pace > 0))
    throw new RangeError(`politique invalide : ${JSON.stringify(policy)}`);
}
// #endregion limiteur

// #region entetes
const seconds = (ms: number) => Math.ceil(ms / 1000);

/** Statut et en-têtes HTTP d'une décision ; `Retry-After` s'exprime en secondes entières (RFC 9110). */
export function httpAnswer(
  decision: Decision,
  policy: Policy,
): { status: 200 | 429; headers: Record<string, string> } {
  const headers = {
    'RateLimit-Policy': `"default";q=${burstOf(policy)};w=${seconds(periodOf(policy))}`,
    RateLimit: `"default";r=${decision.remaining}`,
  };
  if (decision.admitted) return { status: 200, headers };
  const wait = seconds(decision.waitMs);
  return {
    status: 429,
    headers: { ...headers, RateLimit: `${headers.RateLimit};t=${wait}`, 'Retry-After': `${wait}` },
  };
}
// #endregion entetes
