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
    const bucket = this.#bucket(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Takes what has been used already, into debt if need be. */
  spend(key: string, tokens: number): void {
    this.#bucket(key).tokens -= tokens;
  }

  /** Milliseconds until there is a token; 0 when there is one. */
  wait(key: string): number {
    const { tokens } = this.#bucket(key);
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / this.#perSecond);
  }

  #bucket(key: string): { tokens: number; at: number } {
    const now = this.#now();
    if (this.#buckets.size > 10_000) this.#forgetFull(now);
    const bucket = this.#buckets.get(key) ?? { tokens: this.#atOnce, at: now };
    bucket.tokens = this.#refilled(bucket, now);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket;
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
