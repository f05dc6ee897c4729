import type { Server } from 'node:net';
import type { InstanceLoss, Unsaved } from './protocol.ts';
import type { Keyspace } from './keyspace.ts';
import type { Tap } from './tap/tap.ts';
import type { Taps } from './tap/taps.ts';

/** What a session's kernels and terminals talk to: one instance, or several nodes. */
export interface Ground {
  /** Why what the last one held is not in it, when that could not be kept. */
  readonly unsaved: Unsaved | null;
  /** What is known of its keys; null where several nodes hold them. */
  readonly keyspace: Keyspace | null;
  /** Resolves when it is gone, with what it took along; by `close()` too. */
  readonly lost: Promise<InstanceLoss>;
  loss(): InstanceLoss | null;
  /** Says that something of the learner runs on it, until the function it returns is called. */
  use(): () => void;
  /** Leads the taps of a process to its servers, each to that of its port. */
  lead(taps: Taps): void;
  /** Whether a run's own delay and fault may be set on this tap. */
  isNear(tap: Tap): boolean;
  freeze(): Promise<void>;
  /** Gives back its processor time, and makes sure that it answers. */
  thaw(): Promise<void>;
  /** Keeps what it holds for the next session, if it has changed; else says why not, and what was kept before stays. */
  save(): Promise<Unsaved | null>;
  close(cause: 'reset' | 'idle'): Promise<void>;
}

/** How boxes reach a ground; known before it has started. */
export interface Door {
  /** The ports that lead to its servers. */
  readonly ports: readonly number[];
  /** All the ports that boxes open; absent for 6379 alone, which warm boxes have opened already. */
  readonly opens?: readonly number[];
  /** Answers on a port that leads to no server. */
  serve?(listener: Server): void;
}

/** Where a session's ground comes from, the first and those that follow one that was lost. */
export interface GroundSource extends Door {
  /** A ground that answers. `lost` is told when what was kept could not be read. */
  start(lost: (why: InstanceLoss) => void): Promise<Ground>;
  /** Forgets what was kept. */
  forget(): Promise<void>;
  /** Notes that what the last ground held was not kept, for its learner to be told when they come back. */
  lose(why: Unsaved): Promise<void>;
  /** Says that the last ground is being closed, and maybe saved: its learner may be back before it is over. */
  closing(ending: Promise<unknown>): void;
}
