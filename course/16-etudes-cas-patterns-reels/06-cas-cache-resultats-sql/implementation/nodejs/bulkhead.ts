/**
 * Une cloison : tant d'appels à la fois, tant qui attendent, et les autres sont refusés sur-le-champ.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */

// #region cloison
/** La base a plus de demandes qu'elle n'en peut servir : répondez 503, la file n'y gagnerait rien. */
export class SourceOverloaded extends Error {
  constructor() {
    super('la base a trop de requêtes en attente');
    this.name = 'SourceOverloaded';
  }
}

/** Protège la base du trafic que le cache retenait. */
export class Bulkhead {
  running = 0;
  readonly #queue: (() => void)[] = [];
  readonly #width: number;
  readonly #depth: number;

  constructor(width: number, depth: number) {
    this.#width = width;
    this.#depth = depth;
  }

  async run<Value>(action: () => Promise<Value>): Promise<Value> {
    if (this.running >= this.#width) {
      if (this.#queue.length >= this.#depth) throw new SourceOverloaded();
      await new Promise<void>((turn) => this.#queue.push(turn)); // la place nous est cédée, non rendue
    } else {
      this.running++;
    }
    try {
      return await action();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.running--;
    }
  }
}
// #endregion cloison
