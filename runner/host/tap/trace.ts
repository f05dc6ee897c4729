import type { Trace } from '../protocol.ts';
import type { Command } from './command.ts';

/** What a recording keeps; counters are always kept. */
export interface RecordingOptions {
  /** How many commands are listed whole; 2,000 by default, 0 for counters alone. */
  commands?: number;
}

/** The counters of a window, live. */
export interface Counters {
  readonly roundTrips: number;
  readonly commands: number;
  readonly errors: number;
  /** Bytes towards Redis, and back, as they were on the wire. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections made in the window, or open when it began and used in it. */
  readonly connections: number;
  /** Time during which at least one command awaited its reply. */
  readonly redisMs: number;
}

/** A window over a tap's traffic. */
export interface Recording extends Counters {
  /** Closes the window; what still waits is listed without a reply. Findings are added by findings.ts. */
  end(): Trace;
  /** Keys that commands of the window may have written, at most 1,000 and how many came beyond. */
  readonly written: { keys: Buffer[]; more: number };
  /** The commands listed so far, in order of arrival. */
  readonly list: readonly Command[];
}
