/**
 * Rejouer : si c'est permis, tant qu'il reste du temps, de moins en moins souvent, et jamais tous ensemble.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CallFailed, failureOf, failures, type Failure } from './failure.ts';

/** Ce que l'on s'accorde pour un appel, essais et pauses compris. */
export interface Patience {
  attempts: number;
  /** Temps total, en millisecondes : celui que l'appelant est prêt à attendre. */
  budgetMs: number;
  backoffMs: number;
  backoffCapMs: number;
}

/** Trois essais en une seconde. */
export const defaultPatience: Patience = { attempts: 3, budgetMs: 1000, backoffMs: 50, backoffCapMs: 500 };

// #region pause
/** Recul exponentiel, tiré au hasard de zéro au plafond (*full jitter*). */
export function pause(attempt: number, { backoffMs, backoffCapMs }: Patience): number {
  return Math.random() * Math.min(backoffCapMs, backoffMs * 2 ** (attempt - 1));
}
// #endregion pause

// #region rejouer
/** Ce qu'un appel permet, et qui veut savoir qu'il est rejoué. */
export interface Replay {
  /** Le rejouer deux fois revient-il à le jouer une fois ? */
  repeatable: boolean;
  /** Un essai va suivre ; rendre `false` y renonce. */
  onRetry?: (failure: Failure) => boolean;
}

/** Essaie, et recommence si la panne passe d'elle-même *et* si la commande n'a pas pu s'exécuter deux fois. */
export async function retry<T>(
  action: () => Promise<T>,
  patience: Patience,
  { repeatable, onRetry = () => true }: Replay,
): Promise<T> {
  const deadline = performance.now() + patience.budgetMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      const failure = failureOf(error);
      if (failure === 'defect') throw error;
      const { executed, passing } = failures[failure];
      const wait = pause(attempt, patience);
      const worthwhile =
        passing &&
        (executed === 'no' || repeatable) &&
        attempt < patience.attempts &&
        performance.now() + wait < deadline;
      if (!worthwhile || !onRetry(failure)) throw new CallFailed(failure, error);
      await sleep(wait);
    }
  }
}
// #endregion rejouer
