/**
 * Un budget de rejeux : une part du trafic, et pas davantage, pour que les rejeux n'achèvent pas un serveur surchargé.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region budget
/** Chaque appel verse une fraction d'essai, chaque rejeu en coûte un entier. */
export class RetryBudget {
  #credit: number;
  readonly #share: number;
  readonly #reserve: number;

  /** `share` : rejeux permis par appel, en régime établi ; `reserve` : ce que l'on peut dépenser d'un coup. */
  constructor(share: number, reserve: number) {
    this.#share = share;
    this.#reserve = reserve;
    this.#credit = reserve;
  }

  earn(): void {
    this.#credit = Math.min(this.#reserve, this.#credit + this.#share);
  }

  spend(): boolean {
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }
}
// #endregion budget
