/**
 * Erreurs et retry, étape 1 : un client qui échoue vite, et une erreur qui dit ce que l'on sait.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { CallFailed, failureOf } from './failure.ts';

// #region connexion
/** Les délais d'un client, en millisecondes. */
export interface Timeouts {
  connectTimeoutMs: number;
  commandTimeoutMs: number;
}

/** Des réglages où rien n'est rejoué ni gardé pour plus tard : échouer vite, et le savoir. */
export function connection({ connectTimeoutMs, commandTimeoutMs }: Timeouts): RedisOptions {
  return {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false, // hors connexion : une erreur, pas une file
    maxRetriesPerRequest: 0, // coupée en vol : une erreur, pas un renvoi
    // Se reconnecter, toujours ; de plus en plus tard, et jamais tous ensemble.
    retryStrategy: (times) => 10 + Math.random() * Math.min(2000, 50 * 2 ** Math.min(times, 10)),
    // Un maître rétrogradé répond READONLY : se reconnecter mène au nouveau.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}
// #endregion connexion

/** Un client, et l'assurance qu'une panne de connexion ne tue pas le processus. */
export function connect(url: string, timeouts: Timeouts, onError: (error: Error) => void = () => {}): Redis {
  const redis = new Redis(url, connection(timeouts));
  redis.on('error', onError);
  return redis;
}

// #region essai
/** Un essai, un seul : la réponse, ou une panne qui a un nom. */
export async function once<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const failure = failureOf(error);
    if (failure === 'defect') throw error; // un défaut de notre code ne se déguise pas en panne
    throw new CallFailed(failure, error);
  }
}
// #endregion essai

/** Le menu d'un jour. */
export type Menu = Record<string, string>;

/** La cantine, sans filet : chaque appel est essayé une fois. */
export class Canteen {
  readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  async menu(day: string): Promise<Menu | null> {
    const menu = await once(() => this.redis.hgetall(`menu:${day}`));
    return Object.keys(menu).length > 0 ? menu : null;
  }

  /** Le solde d'une carte, en centimes ; `null` si elle est inconnue. Un solde de zéro n'est pas une absence. */
  async balance(card: string): Promise<number | null> {
    const found = await once(() => this.redis.get(`carte:{${card}}`));
    return found === null ? null : Number(found);
  }

  /** Débite, et rend le nouveau solde. Après `lost` ou `timeout`, personne ne sait si la carte l'a été. */
  async debit(card: string, cents: number): Promise<number> {
    return once(() => this.redis.decrby(`carte:{${card}}`, cents));
  }
}
