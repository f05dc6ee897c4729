/**
 * Les pannes d'un appel à Redis : leur nom, et le temps à laisser passer avant de rejouer.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region erreurs
/** Ce qui a manqué : la connexion, le temps, le maître, la place ; ou rien de tout cela, et c'est un défaut du code. */
export type Failure = 'connection' | 'timeout' | 'readonly' | 'full' | 'busy' | 'defect';

/** Range une erreur d'ioredis ou de Redis selon ce qu'il faut en faire. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'defect';
  const { message, name } = error;
  const code = 'code' in error ? String(error.code) : '';
  if (message.startsWith('READONLY')) return 'readonly';
  if (message.startsWith('OOM')) return 'full';
  if (/^(?:BUSY|LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN)/.test(message)) return 'busy';
  if (message.includes('timed out')) return 'timeout';
  if (/^E(?:CONN|PIPE|HOST|NET|AI_)/.test(code) || name === 'MaxRetriesPerRequestError') return 'connection';
  if (/Connection is closed|isn't writeable|Connection closed/.test(message)) return 'connection';
  return 'defect';
}

/** Le cache ne répond pas. L'appelant d'une lecture ne la voit jamais ; celui d'une invalidation doit la voir. */
export class CacheUnavailable extends Error {
  readonly failure: Failure | 'breaker';

  constructor(failure: Failure | 'breaker', cause?: unknown) {
    super(`cache inaccessible (${failure})`, { cause });
    this.name = 'CacheUnavailable';
    this.failure = failure;
  }
}
// #endregion erreurs

// #region pause
/** Recul exponentiel, tiré au hasard de zéro au plafond : mille clients ne reviennent pas au même instant. */
export function pause(
  attempt: number,
  { backoffMs, backoffCapMs }: { backoffMs: number; backoffCapMs: number },
): number {
  return Math.random() * Math.min(backoffCapMs, backoffMs * 2 ** (attempt - 1));
}
// #endregion pause
