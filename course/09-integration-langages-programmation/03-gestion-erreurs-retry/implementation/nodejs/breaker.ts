/**
 * Un disjoncteur : cesser de demander à qui ne répond plus.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region disjoncteur
export type State = 'closed' | 'open' | 'half-open';

/** Fermé, il laisse passer ; ouvert, il refuse sans attendre ; entrouvert, il laisse passer un seul essai. */
export class Breaker {
  #failures = 0;
  #openUntil = 0;
  #trying = false;
  readonly #limit: number;
  readonly #restMs: number;
  readonly #now: () => number;

  constructor(limit: number, restMs: number, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#restMs = restMs;
    this.#now = now;
  }

  get state(): State {
    if (this.#failures < this.#limit) return 'closed';
    return this.#now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** Dit si l'appel peut partir. Celui qui l'obtient doit en rendre compte : `succeed` ou `fail`. */
  admit(): boolean {
    const { state } = this;
    if (state === 'open' || (state === 'half-open' && this.#trying)) return false;
    this.#trying = state === 'half-open';
    return true;
  }

  succeed(): void {
    this.#failures = 0;
    this.#trying = false;
  }

  fail(): void {
    this.#trying = false;
    if (++this.#failures >= this.#limit) this.#openUntil = this.#now() + this.#restMs;
  }
}
// #endregion disjoncteur
