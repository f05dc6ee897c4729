/** Buckets of tokens by key: `atOnce` in a burst, then `perSecond`; keys that are full again are forgotten. */
export class Rate {
  readonly #atOnce: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #now: () => number;

  constructor(atOnce: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#atOnce = atOnce;
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes one token; false when there is none left. */
  take(key: string): boolean {
    const now = this.#now();
    if (this.#buckets.size > 10_000) this.#forgetFull(now);
    const bucket = this.#buckets.get(key) ?? { tokens: this.#atOnce, at: now };
    bucket.tokens = this.#refilled(bucket, now);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #refilled(bucket: { tokens: number; at: number }, now: number): number {
    return Math.min(this.#atOnce, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
  }

  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#refilled(bucket, now) >= this.#atOnce) this.#buckets.delete(key);
    }
  }
}
