import { setTimeout as delay } from 'node:timers/promises';
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
  /** Runs what leads to a first answer; meanwhile nothing new is timed. */
  answering<Value>(act: () => Promise<Value>): Promise<Value>;
  /**
   * Runs what is timed, one at a time in this host, when no one waits for a first answer (a minute at most); who
   * waits is told its place (see `Turnstile.enter`).
   */
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
/** A class that never stops asking does not keep a measure waiting for ever. */
const MOST_COURTESY_MS = 60_000;
/** Between two answers of a class there is a moment without any. */
const CALM_MS = 300;

/** Lends a host's means to its attempts. */
export function gradingContext({ kernels, instances, rooms, versions }: GradingMeans): GradingContext {
  const slot = turnstile(TIMED_AT_ONCE);
  let answering = 0;
  let lastAnswer = -Infinity;
  const isCalm = () => answering === 0 && performance.now() - lastAnswer > CALM_MS;
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
    async answering(act) {
      answering++;
      try {
        return await act();
      } finally {
        answering--;
        lastAnswer = performance.now();
      }
    },
    async timed(measure, moved) {
      const leave = await slot.enter(moved);
      try {
        const end = performance.now() + MOST_COURTESY_MS;
        let isTold = false;
        while (!isCalm() && performance.now() < end) {
          if (answering > 0 && !isTold) moved?.(1);
          isTold ||= answering > 0;
          await delay(CALM_MS / 3);
        }
        if (isTold) moved?.(0);
        return await measure();
      } finally {
        leave();
      }
    },
  };
}
