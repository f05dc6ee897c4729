import type { Redis } from 'ioredis';
import type { InstanceLoss, InstanceNeeds, Box } from '../protocol.ts';
import type { KernelSource } from '../kernel/kernel.ts';
import type { Tap } from '../tap/tap.ts';
import type { Hold } from './race.ts';

/** An instance lent to one attempt: its learner cannot watch or disturb the checker. */
export interface GradingInstance {
  /** The Unix socket that taps connect to. */
  socket: string;
  /** The checker's own connection. */
  admin: Redis;
  box: Box;
  /** Why it died, once it has; null while it lives. */
  loss(): InstanceLoss | null;
  close(): Promise<void>;
}

/** What a grading host lends to an attempt. */
export interface GradingContext {
  kernels: KernelSource;
  openInstance(needs: InstanceNeeds, seed: string): Promise<GradingInstance>;
  openTap(): Tap;
  hold: Hold;
  /** The folders of labs. */
  rooms: readonly string[];
  versions: { server: string; driver: string };
  /** Runs what is timed one at a time, and says how many wait before it. */
  timed<Value>(measure: () => Promise<Value>): Promise<Value>;
}
