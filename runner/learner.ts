/**
 * Anonymous learners. A browser holds a random token in a cookie that no script can read; the store
 * knows only its hash, so that a stolen database opens nobody's work.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Limits } from './config.ts';
import { Rate } from './rate.ts';
import type { Store } from './store/store.ts';

const COOKIE = 'atelier';
const YEAR = 365 * 24 * 3600;
const HOUR = 3_600_000;
const MONTH = 30 * 24 * HOUR;

/** Why a learner could not be made. */
export type LearnerRefusal = 'too-many-learners-here' | 'too-many-learners';

/** The learners this server knows and makes. */
export class Learners {
  readonly #store: Store['learners'];
  readonly #limits: Limits;
  readonly #rate: Rate;
  readonly #known = new Map<string, { id: string; seen: number }>();

  constructor(store: Store['learners'], limits: Limits) {
    this.#store = store;
    this.#limits = limits;
    this.#rate = new Rate(limits.learnersAtOnce, limits.learnersPerMinute / 60);
  }

  /** Makes a learner for someone at `address`. */
  async make(address: string): Promise<{ learner: string; token: string } | LearnerRefusal> {
    if (!this.#rate.take(address)) return 'too-many-learners-here';
    const now = Date.now();
    if ((await this.#store.count()) >= this.#limits.learners) {
      if ((await this.#store.forgetIdle(now - MONTH)) === 0) return 'too-many-learners';
      this.#known.clear();
    }
    const token = randomBytes(16).toString('base64url');
    const learner = randomBytes(12).toString('base64url');
    await this.#store.add(learner, hashOf(token), now);
    return { learner, token };
  }

  /** The learner who holds this token, or null. */
  async find(token: string | null): Promise<string | null> {
    if (token === null) return null;
    const hash = hashOf(token);
    const now = Date.now();
    let known = this.#known.get(hash);
    if (known === undefined) {
      const row = await this.#store.byToken(hash);
      if (row === undefined) return null;
      if (this.#known.size > 5_000) this.#known.clear();
      known = { id: row.id, seen: row.seen };
      this.#known.set(hash, known);
    }
    if (now - known.seen > HOUR) {
      known.seen = now;
      await this.#store.seen(known.id, now);
    }
    return known.id;
  }
}

/** The token in a Cookie header, or null when there is none that could be one. */
export function tokenIn(cookies: string | undefined): string | null {
  for (const pair of (cookies ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE && value !== undefined && /^[\w-]{22}$/.test(value)) return value;
  }
  return null;
}

/** The Set-Cookie header that gives a browser its token. */
export function cookieOf(token: string, secure: boolean): string {
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${YEAR}${secure ? '; Secure' : ''}`;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
