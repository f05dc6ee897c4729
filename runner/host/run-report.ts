import type { Outcome, RunReport } from './protocol.ts';

/** When each thing happened first, in milliseconds since the host received the run. */
export class Phases {
  readonly seen: Record<string, number> = {};
  readonly #startedAt = performance.now();

  get now(): number {
    return Math.round((performance.now() - this.#startedAt) * 100) / 100;
  }

  note(phase: string): void {
    this.seen[phase] ??= this.now;
  }

  since(from: string, to: string): number {
    return Math.round((this.seen[to] - this.seen[from]) * 100) / 100;
  }
}

/** Of a run of which nothing is known. */
export function emptyDifference(): RunReport['keyspace'] {
  return { created: [], changed: [], deleted: [], more: 0 };
}

/** The report of a run that never began, or that we could not finish. */
export function emptyReport(outcome: Outcome): RunReport {
  return {
    outcome,
    durationMs: 0,
    trace: {
      roundTrips: 0,
      commands: 0,
      errors: 0,
      redisMs: 0,
      bytesIn: 0,
      bytesOut: 0,
      connections: 0,
      list: [],
      totals: [],
      findings: [],
    },
    keyspace: emptyDifference(),
    phases: {},
  };
}
