/**
 * Cache de résultats SQL, étape 2 : étiquettes, un seul calcul à la fois, renouvellement avant l'échéance, préchauffage.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

// #region recette
/** Une requête mise en cache : son nom, les étiquettes dont elle dépend, et la façon de la refaire. */
export interface Recipe<Value> {
  key: string;
  tags: string[];
  load: () => Promise<Value>;
}

/** Un résultat, et d'où il vient : du cache, d'une valeur que l'on est en train de refaire, ou de la base. */
export interface Found<Value> {
  value: Value;
  from: 'fresh' | 'stale' | 'computed';
}

/** Les durées, en millisecondes. Au-delà de `freshMs`, on refait ; au-delà de `keptMs`, il ne reste rien à servir. */
export const defaultAges = {
  freshMs: 300_000,
  keptMs: 3_600_000,
  tagMs: 86_400_000,
  lockMs: 10_000,
  waitMs: 5000,
  beta: 1,
};
export type Ages = typeof defaultAges;
// #endregion recette

/** Ce que Redis garde : la valeur, les tampons de ses étiquettes, la fin de sa fraîcheur, le temps qu'elle a coûté. */
interface Entry<Value> {
  v: Value;
  s: string[];
  u: number;
  d: number;
}

/** Un script du dossier `lua-scripts`, appelé par empreinte ; le texte ne part que si Redis l'a oublié. */
function script(name: string) {
  const source = readFileSync(new URL(`../../lua-scripts/${name}.lua`, import.meta.url), 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return async (redis: Redis, keys: string[], args: (string | number)[]): Promise<unknown> => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...keys, ...args);
    }
  };
}
const scripts = { store: script('store'), release: script('release') };

/** Une entrée n'est valable que si elle porte le tampon actuel de chacune de ses étiquettes. */
function parse<Value>(text: string | null, stamps: (string | null)[]): Entry<Value> | null {
  if (text === null) return null;
  const entry = JSON.parse(text) as Entry<Value>;
  const valid = stamps.every((current, rank) => current !== null && current === entry.s[rank]);
  return valid && entry.s.length === stamps.length ? entry : null;
}

const tagKey = (tag: string) => `tag:${tag}`;
const lockKey = (key: string) => `lock:${key}`;
const stamp = () => randomBytes(8).toString('base64url');

/** Le cache d'un serveur. Il ne connaît pas la base : chaque recette apporte sa requête. */
export class QueryCache {
  readonly redis: Redis;
  readonly ages: Ages;
  readonly #computing = new Map<string, Promise<unknown>>();
  readonly #background = new Set<Promise<unknown>>();

  constructor(redis: Redis, ages: Partial<Ages> = {}) {
    this.redis = redis;
    this.ages = { ...defaultAges, ...ages };
  }

  // #region lire
  /** Un résultat aussi vieux que sa dernière invalidation l'autorise, jamais plus. */
  async get<Value>(recipe: Recipe<Value>): Promise<Found<Value>> {
    const entry = await this.#read(recipe);
    if (!entry) return this.#compute(recipe);
    // XFetch : plus l'échéance approche, et plus le calcul est long, plus l'un de nous a de chances de s'en charger.
    const early = -Math.log(1 - Math.random()) * entry.d * this.ages.beta;
    if (Date.now() + early >= entry.u) this.#renew(recipe, entry);
    return { value: entry.v, from: Date.now() < entry.u ? 'fresh' : 'stale' };
  }

  /** L'entrée et les tampons actuels en un aller-retour ; `null` si un tampon manque ou a changé. */
  async #read<Value>({ key, tags }: Recipe<Value>): Promise<Entry<Value> | null> {
    const keys = [key, ...tags.map(tagKey)];
    const [text = null, ...stamps] = await this.call('read', true, () => this.redis.mget(keys));
    return parse<Value>(text, stamps);
  }
  // #endregion lire

  // #region invalider
  /** À appeler **après** le COMMIT : tout ce qui porte l'une de ces étiquettes cesse de valoir. Rejouable. */
  async invalidate(...tags: string[]): Promise<void> {
    await this.call('invalidate', true, () => this.redis.unlink(...tags.map(tagKey)));
  }
  // #endregion invalider

  // #region calculer
  /** Calcule, ou attend celui qui calcule : dans ce processus d'abord, chez les autres serveurs ensuite. */
  async #compute<Value>(recipe: Recipe<Value>): Promise<Found<Value>> {
    const end = performance.now() + this.ages.waitMs;
    while (performance.now() < end) {
      const leader = this.#computing.get(recipe.key);
      if (leader) {
        // Le meneur a pu commencer avant une invalidation que nous devons voir : on relit, on ne partage pas sa réponse.
        await leader.catch(() => null);
      } else {
        const attempt = this.#attempt(recipe);
        this.#computing.set(recipe.key, attempt);
        try {
          const found = await attempt;
          if (found) return found;
        } finally {
          this.#computing.delete(recipe.key);
        }
        await sleep(15 + Math.random() * 20);
      }
      const entry = await this.#read(recipe);
      if (entry) return { value: entry.v, from: 'fresh' };
    }
    return { value: await recipe.load(), from: 'computed' }; // celui qui calcule est lent ou mort : sans lui
  }

  /** Prend le verrou, lit les tampons **avant** la base, calcule et range ; `null` si un autre a le verrou. */
  async #attempt<Value>(recipe: Recipe<Value>, seen?: Entry<Value>): Promise<Found<Value> | null> {
    const token = stamp();
    const lock = lockKey(recipe.key);
    const claim = await this.call('claim', true, () => this.#claim(recipe, lock, token));
    if (!claim.taken) return null;
    const { stamps } = claim;
    const present = parse<Value>(claim.text, stamps);
    if (present && present.u !== seen?.u) {
      // Un autre a rangé entre notre lecture et notre verrou : il n'y a plus rien à calculer.
      await this.call('release', true, () => scripts.release(this.redis, [lock], [token]));
      return { value: present.v, from: 'fresh' };
    }
    const start = performance.now();
    let value: Value;
    try {
      value = await recipe.load();
    } catch (error) {
      await this.call('release', true, () => scripts.release(this.redis, [lock], [token])).catch(() => 0);
      throw error;
    }
    const cost = performance.now() - start;
    const spread = 0.9 + Math.random() * 0.2; // deux entrées nées ensemble ne vieillissent pas ensemble
    const entry: Entry<Value> = {
      v: value,
      s: stamps,
      u: Math.round(Date.now() + this.ages.freshMs * spread),
      d: cost,
    };
    const args = [token, JSON.stringify(entry), this.ages.keptMs];
    // Ranger échoue sans gêner personne : la valeur est là, on la rend.
    await this.call('store', false, () => scripts.store(this.redis, [recipe.key, lock], args)).catch(
      (error) => this.unsaved(error),
    );
    return { value, from: 'computed' };
  }

  /** En un aller-retour : le verrou, ce qui est rangé, et le tampon de chaque étiquette, créé s'il manque. */
  async #claim({ key, tags }: { key: string; tags: string[] }, lock: string, token: string) {
    const proposed = tags.map(stamp);
    // SET NX GET rend l'ancienne valeur, ou rien si la nôtre vient d'être posée.
    const block = this.redis.pipeline().set(lock, token, 'PX', this.ages.lockMs, 'NX', 'GET').get(key);
    for (const [rank, tag] of tags.entries()) {
      block.set(tagKey(tag), proposed[rank] ?? '', 'PX', this.ages.tagMs, 'NX', 'GET');
    }
    const [holder = null, text = null, ...found] = ((await block.exec()) ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply as string | null;
    });
    // Le détenteur peut être nous-mêmes : un premier essai dont la réponse s'est perdue.
    const taken = holder === null || holder === token;
    return { taken, text, stamps: proposed.map((ours, rank) => found[rank] ?? ours) };
  }
  // #endregion calculer

  // #region fond
  /** Refait en arrière-plan ce que l'on vient de servir ; le verrou écarte les autres. */
  #renew<Value>(recipe: Recipe<Value>, seen: Entry<Value>): void {
    if (this.#computing.has(recipe.key)) return;
    const attempt = this.#attempt(recipe, seen);
    this.#computing.set(recipe.key, attempt);
    const quiet = attempt
      .catch((error: unknown) => this.unsaved(error))
      .finally(() => {
        this.#computing.delete(recipe.key);
        this.#background.delete(quiet);
      });
    this.#background.add(quiet);
  }

  /** Attend les renouvellements en cours. */
  async settle(): Promise<void> {
    await Promise.all(this.#background);
  }
  // #endregion fond

  // #region prechauffer
  /** Remplit le cache avant d'ouvrir les portes, `width` requêtes à la fois ; rend le nombre de celles qui ont abouti. */
  async warm(recipes: Recipe<unknown>[], width = 2): Promise<number> {
    const left = recipes.values();
    let done = 0;
    const worker = async () => {
      for (const recipe of left) {
        const warmed = await this.get(recipe).then(
          () => true,
          () => false,
        );
        if (warmed) done++;
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
    return done;
  }
  // #endregion prechauffer

  /** Tout appel à Redis passe ici : la troisième étape y met ses essais, son disjoncteur et ses mesures. */
  protected call<Reply>(
    _operation: string,
    _repeatable: boolean,
    action: () => Promise<Reply>,
  ): Promise<Reply> {
    return action();
  }

  /** Un résultat calculé n'a pas pu être gardé : rien n'est perdu que du temps. */
  protected unsaved(_error: unknown): void {}
}
