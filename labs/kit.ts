/**
 * The kit of a lab: the types a checker is written against, and the pure functions it may use.
 * A checker's powers (processes, races, faults, clocks) reach it as the argument of `check`.
 */

export type Language = 'typescript' | 'python' | 'go';

/** What a host needs to grade one answer. `seed` makes the run repeatable; null draws one. */
export interface AttemptRequest {
  lab: string;
  language: Language;
  code: string;
  seed: number | null;
  /** Whether to measure latency after correctness and cost. */
  latency: boolean;
}

export type CheckState = 'passed' | 'failed' | 'not-checked';

/** One check of an attempt. Messages are made from `code` and `data` by the server. */
export interface CheckResult {
  id: string;
  title: string;
  visibility: 'public' | 'hidden';
  axis: 'correctness' | 'cost' | 'robustness' | 'latency';
  state: CheckState;
  points: number;
  outOf: number;
  /** Which of the check's sentences tells what happened (`lab.md` or texts/fr.ts). */
  code?: string;
  data?: Record<string, string | number | boolean>;
  /** A race, drawn: who did what, in which order. */
  timeline?: { process: string; command: string; reply: string; ms: number }[];
}

export type VerdictClass = 'passed' | 'to-review' | 'code-error' | 'limit' | 'platform' | 'inconclusive';

export interface Verdict {
  class: VerdictClass;
  checks: CheckResult[];
  points: number;
  outOf: number;
  /** Why, for the classes that are not about checks. */
  code?: string;
  data?: Record<string, string | number | boolean>;
  error?: { name: string; message: string; line?: number; column?: number };
  cost: Cost | null;
  latency: Latency | null;
  /** Milliseconds since the attempt reached the host, by phase. */
  phases: Record<string, number>;
  versions: { lab: string; checker: string; server: string; driver: string };
  seed: number;
}

/** Per operation, from the tap: deterministic. */
export interface Cost {
  operations: number;
  roundTrips: number;
  commands: number;
  bytes: number;
  budget: { roundTrips?: number; commands?: number; bytes?: number };
}

export interface Latency {
  state: 'passed' | 'failed' | 'inconclusive' | 'measuring';
  /** Learner over reference, medians over blocks, with bootstrap 95 % intervals. */
  ratio: { mean: [low: number, point: number, high: number]; p50: [low: number, point: number, high: number] };
  control: [low: number, point: number, high: number];
  budget: number;
  /** Milliseconds, for the histograms. */
  learner: number[];
  reference: number[];
  runs: number;
  irregular: boolean;
  loadAverage: number;
  targetP99Ms: number | null;
}
