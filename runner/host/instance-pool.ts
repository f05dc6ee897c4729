import type { RedisSetting, Sandbox, TopologyKind } from '../../sandbox/run.ts';
import { startInstance, type Instance } from './instance.ts';
import type { InstanceNeeds } from './protocol.ts';
import { startTopology, type Topology } from './topology.ts';

/** What an instance has when a lesson declares nothing. */
export const defaultNeeds: InstanceNeeds = {
  memory: 96,
  policy: 'noeviction',
  clients: 128,
  notify: '',
  slowlog: 10_000,
};

const firstPause = 200;
const longestPause = 10_000;

/** Instances nobody has used, started before they are asked for. */
export class InstancePool {
  readonly #sandbox: Sandbox;
  readonly #role: RedisSetting['role'];
  readonly #size: number;
  #warm: Instance[] = [];
  #starting = 0;
  #pause = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(sandbox: Sandbox, role: RedisSetting['role'], size: number) {
    this.#sandbox = sandbox;
    this.#role = role;
    this.#size = size;
    this.#fill();
  }

  /** How many wait to be claimed. */
  get warm(): number {
    return this.#warm.length;
  }

  /** An instance with these needs, at once when a warm one can have them; `owner` is whose it is from now on. */
  async claim(needs: InstanceNeeds, owner?: string): Promise<Instance> {
    if (needs.memory <= defaultNeeds.memory) {
      for (let instance = this.#warm.shift(); instance; instance = this.#warm.shift()) {
        this.#fill();
        if (instance.loss()) continue;
        await Promise.all([instance.adapt(needs), owner && instance.box.give(owner)]);
        return instance;
      }
    }
    return startInstance(this.#sandbox, needs, this.#role, { owner });
  }

  /** Several nodes, filled through the first; they are started on demand. */
  async claimTopology(kind: TopologyKind, needs: InstanceNeeds, seed = ''): Promise<Topology> {
    const topology = await startTopology(this.#sandbox, kind, needs, this.#role);
    try {
      await topology.seed(seed);
      return topology;
    } catch (error) {
      await topology.close();
      throw error;
    }
  }

  /** Kills those nobody has claimed. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all(this.#warm.splice(0).map((instance) => instance.close('idle')));
  }

  #fill(): void {
    if (this.#closed || this.#timer || this.#warm.length + this.#starting >= this.#size) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#startOne();
    }, this.#pause);
  }

  async #startOne(): Promise<void> {
    this.#starting++;
    try {
      const instance = await startInstance(this.#sandbox, defaultNeeds, this.#role);
      this.#pause = 0;
      if (this.#closed) return await instance.close('idle');
      this.#warm.push(instance);
      void instance.lost.then(() => {
        this.#warm = this.#warm.filter((warm) => warm !== instance);
        this.#fill();
      });
    } catch {
      this.#pause = Math.min(longestPause, Math.max(firstPause, this.#pause * 2));
    } finally {
      this.#starting--;
      this.#fill();
    }
  }
}
