import type { InstancePool } from '../instance-pool.ts';
import type { LabSettings } from '../../../labs/kit.ts';
import type { KernelSource } from '../kernel/kernel.ts';
import { Schedule } from '../tap/hold.ts';
import { singleGround, topologyGround, type GradingInstance } from './ground.ts';
import type { Hold } from './race.ts';
import { turnstile } from './turnstile.ts';

/** What a grading host lends to an attempt. */
export interface GradingContext {
  kernels: KernelSource;
  openInstance(needs: LabSettings['instance'], seed: string): Promise<GradingInstance>;
  hold: Hold;
  /** The folders of labs. */
  rooms: readonly string[];
  versions: { server: string; driver: string };
  /** Runs what is timed, one at a time in this host; who waits is told its place (see `Turnstile.enter`). */
  timed<Value>(measure: () => Promise<Value>, moved?: (place: number) => void): Promise<Value>;
}

/** What a host has that an attempt needs; `instances` are of the role `grading`. */
export interface GradingMeans {
  kernels: KernelSource;
  instances: InstancePool;
  rooms: readonly string[];
  versions: GradingContext['versions'];
}

/** How many attempts are timed at once: more would measure each other. */
const TIMED_AT_ONCE = 1;

/** Lends a host's means to its attempts. */
export function gradingContext({ kernels, instances, rooms, versions }: GradingMeans): GradingContext {
  const slot = turnstile(TIMED_AT_ONCE);
  return {
    kernels,
    rooms,
    versions,
    async openInstance({ topology, ...needs }, seed) {
      if (topology !== 'single') return topologyGround(await instances.claimTopology(topology, needs, seed));
      // What a key event tells of the checker's own commands is nobody's business.
      const instance = await instances.claim({ ...needs, notify: '' });
      try {
        await instance.seed(seed);
        return singleGround(instance);
      } catch (error) {
        await instance.close();
        throw error;
      }
    },
    hold: (taps, turns) => new Schedule(taps, turns),
    async timed(measure, moved) {
      const leave = await slot.enter(moved);
      try {
        return await measure();
      } finally {
        leave();
      }
    },
  };
}
