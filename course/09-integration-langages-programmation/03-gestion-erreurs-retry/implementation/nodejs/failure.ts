/**
 * Les pannes d'un appel à Redis : leur nom, et ce que l'on sait de la commande.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region erreurs
/** Ce qui a manqué. `defect` : rien de tout cela, notre code a tort. */
export type Failure = 'unreachable' | 'lost' | 'timeout' | 'busy' | 'readonly' | 'denied' | 'full' | 'defect';

/** Ce que l'on sait après l'échec : la commande a-t-elle pu être exécutée, et attendre sert-il à quelque chose ? */
export const failures: Record<Failure, { executed: 'no' | 'maybe'; passing: boolean }> = {
  unreachable: { executed: 'no', passing: true }, // rien n'est parti
  lost: { executed: 'maybe', passing: true }, // la connexion a cédé avant la réponse
  timeout: { executed: 'maybe', passing: true },
  busy: { executed: 'no', passing: true }, // LOADING, BUSY…
  readonly: { executed: 'no', passing: true }, // un réplica : le maître est ailleurs
  denied: { executed: 'no', passing: false }, // NOAUTH, WRONGPASS, NOPERM
  full: { executed: 'no', passing: false }, // OOM
  defect: { executed: 'no', passing: false },
};

/** Range une erreur d'ioredis ou de Redis. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'defect';
  // Dans un MULTI, un refus devient EXECABORT ; la cause est l'erreur de la commande refusée.
  if ('previousErrors' in error && Array.isArray(error.previousErrors) && error.previousErrors.length > 0)
    return failureOf(error.previousErrors[0]);
  const { message, name } = error;
  if (message.startsWith('READONLY')) return 'readonly';
  if (message.startsWith('OOM')) return 'full';
  if (/^(?:NOAUTH|WRONGPASS|NOPERM)/.test(message)) return 'denied';
  if (/^(?:BUSY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b/.test(message)) return 'busy';
  if (message === 'Command timed out') return 'timeout';
  if (/isn't writeable/.test(message)) return 'unreachable';
  if (name === 'MaxRetriesPerRequestError' || /[Cc]onnection (?:is )?closed/.test(message)) return 'lost';
  return 'defect';
}
// #endregion erreurs

/** L'appel a échoué, et voici de quelle manière ; l'erreur du client est dans `cause`. */
export class CallFailed extends Error {
  readonly failure: Failure | 'breaker' | 'closing';

  constructor(failure: CallFailed['failure'], cause?: unknown) {
    super(`Redis n'a pas répondu (${failure})`, { cause });
    this.name = 'CallFailed';
    this.failure = failure;
  }
}
