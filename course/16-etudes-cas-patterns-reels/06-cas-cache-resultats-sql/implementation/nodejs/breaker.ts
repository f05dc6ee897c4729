/**
 * Un disjoncteur : cesser de demander à qui ne répond plus.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region disjoncteur
/** Fermé, il laisse passer ; ouvert, il refuse sans attendre ; entrouvert, il laisse passer un seul essai. */
export class Breaker {
  #failures = 0;
  #openUntil = 0;
  #trying = false;
  readonly #limit: number;
  readonly #restMs: number;

  constructor(limit: number, restMs: number) {
    this.#limit = limit;
    this.#restMs = restMs;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#failures < this.#limit) return 'closed';
    return performance.now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** Dit si l'appel peut partir ; entrouvert, un seul appelant l'obtient. */
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
    if (++this.#failures >= this.#limit) this.#openUntil = performance.now() + this.#restMs;
  }
}
// #endregion disjoncteur
