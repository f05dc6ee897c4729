/** The ground of a lesson: one instance, which begins with what the last session left in it, or with the seed. */
import type { Sandbox } from '../../sandbox/run.ts';
import type { Ground, GroundSource } from './ground.ts';
import type { InstancePool } from './instance-pool.ts';
import { startInstance, type Instance } from './instance.ts';
import { Keyspace } from './keyspace.ts';
import type { InstanceLoss, LessonNeeds, Unsaved } from './protocol.ts';
import type { SavedStates } from './saved-states.ts';
import { REDIS_PORT, type Taps } from './tap/taps.ts';

/** What instances are started with. */
export interface InstanceGrounds {
  sandbox: Sandbox;
  instances: InstancePool;
  /** Where states are kept; null keeps none. */
  states: SavedStates | null;
}

/** Instances with these needs. */
export class InstanceSource implements GroundSource {
  readonly ports = [REDIS_PORT];
  readonly #parts: InstanceGrounds;
  readonly #needs: LessonNeeds;
  readonly #state: string | null;
  readonly #owner: string | undefined;

  /** `state` is the name under which what they hold is kept, `owner` whose boxes they are. */
  constructor(
    parts: InstanceGrounds,
    needs: LessonNeeds,
    { state, owner }: { state?: string; owner?: string },
  ) {
    this.#parts = parts;
    this.#needs = needs;
    this.#owner = owner;
    this.#state = parts.states && state ? state : null;
  }

  async start(lost: (why: InstanceLoss) => void): Promise<Ground> {
    const instance = (await this.#resumed(lost)) ?? (await this.#fresh());
    try {
      const keyspace = await Keyspace.open(instance);
      const changes = await instance.changes();
      const unsaved = this.#state ? await this.#parts.states!.lost(this.#state) : null;
      const keep = this.#state ? { states: this.#parts.states!, state: this.#state } : null;
      return new InstanceGround({ instance, keyspace, changes, unsaved, keep });
    } catch (error) {
      await instance.close('idle');
      throw error;
    }
  }

  async forget(): Promise<void> {
    if (this.#state) await this.#parts.states!.drop(this.#state);
  }

  async lose(why: Unsaved): Promise<void> {
    if (this.#state) await this.#parts.states!.lose(this.#state, why);
  }

  closing(ending: Promise<unknown>): void {
    if (this.#state) this.#parts.states!.hold(this.#state, ending);
  }

  async #fresh(): Promise<Instance> {
    const instance = await this.#parts.instances.claim(this.#needs.instance, this.#owner);
    try {
      await instance.seed(this.#needs.seed);
      return instance;
    } catch (error) {
      await instance.close('idle');
      throw error;
    }
  }

  /** An instance with what was saved; null when nothing was, or nothing that a Redis can read. */
  async #resumed(lost: (why: InstanceLoss) => void): Promise<Instance | null> {
    const state = this.#state && (await this.#parts.states!.read(this.#state));
    if (!state) return null;
    try {
      const options = { state, owner: this.#owner };
      return await startInstance(this.#parts.sandbox, this.#needs.instance, 'learner', options);
    } catch {
      await this.forget();
      lost({ cause: 'crash', keysLost: null });
      return null;
    }
  }
}

/** What an instance ground is made of. */
interface InstanceGroundParts {
  instance: Instance;
  keyspace: Keyspace;
  changes: number;
  unsaved: Unsaved | null;
  /** Where what it holds is kept, and under which name. */
  keep: { states: SavedStates; state: string } | null;
}

class InstanceGround implements Ground {
  readonly keyspace: Keyspace;
  readonly unsaved: Unsaved | null;
  readonly lost: Promise<InstanceLoss>;
  readonly #instance: Instance;
  readonly #keep: InstanceGroundParts['keep'];
  /** Its changes when it was last saved, or began. */
  #saved: number;

  constructor({ instance, keyspace, changes, unsaved, keep }: InstanceGroundParts) {
    this.keyspace = keyspace;
    this.unsaved = unsaved;
    this.#instance = instance;
    this.#keep = keep;
    this.#saved = changes;
    this.lost = instance.lost.finally(() => keyspace.close());
  }

  loss(): InstanceLoss | null {
    return this.#instance.loss();
  }

  use(): () => void {
    return this.#instance.use();
  }

  lead(taps: Taps): void {
    for (const tap of taps) {
      tap.hidden = this.#instance.hidden;
      tap.connect(this.#instance.socket);
    }
  }

  isNear(): boolean {
    return true;
  }

  freeze(): Promise<void> {
    return this.#instance.freeze();
  }

  thaw(): Promise<void> {
    return this.#instance.thaw();
  }

  async save(): Promise<Unsaved | null> {
    if (!this.#keep || this.loss()) return null;
    const { states, state } = this.#keep;
    try {
      const changes = await this.#instance.changes();
      if (changes === this.#saved) return null;
      await states.write(state, await this.#instance.copy(states.limits.one));
      this.#saved = changes;
      return null;
    } catch (error) {
      if (this.loss()) return null;
      const why = error instanceof RangeError ? 'too-large' : 'unreadable';
      return { why, limit: states.limits.one / 1024 / 1024 };
    }
  }

  close(cause: 'reset' | 'idle'): Promise<void> {
    return this.#instance.close(cause);
  }
}
