import type {
  Answer,
  Axis,
  Check,
  CheckResult,
  Cost,
  Data,
  Latency,
  Verdict,
  VerdictClass,
  Visibility,
} from '../../../labs/kit.ts';

/** What a check is, whether a teacher or the grader itself wrote it. */
export interface CheckPlan {
  id: string;
  title: string;
  visibility: Visibility;
  axis: Axis;
  points: number;
  after: string[];
}

/** Why an attempt stopped before its last check. */
export interface Ending {
  class: Extract<VerdictClass, 'code-error' | 'limit' | 'platform'>;
  code: string;
  data: Data;
  error?: Verdict['error'];
}

/** What is known of an attempt when its verdict is asked for. */
export interface Findings {
  plan: CheckPlan[];
  results: ReadonlyMap<string, CheckResult>;
  ending: Ending | null;
  cost: Cost | null;
  latency: Latency | null;
  /** The first error that a handler threw where none was expected. */
  thrown: NonNullable<Verdict['error']> | null;
  phases: Record<string, number>;
  versions: Verdict['versions'];
  seed: number;
}

/** The plan of a check that a teacher wrote. */
export function planOf(check: Check<Answer>): CheckPlan {
  const { id, title, visibility, axis, points, after = [] } = check;
  return { id, title, visibility, axis, points, after };
}

/** The result of a check that ran. */
export function outcome(
  plan: CheckPlan,
  failure: Pick<CheckResult, 'code' | 'data' | 'timeline'> | null,
): CheckResult {
  const { id, title, visibility, axis } = plan;
  const passed = failure === null;
  return {
    id,
    title,
    visibility,
    axis,
    state: passed ? 'passed' : 'failed',
    points: passed ? plan.points : 0,
    outOf: plan.points,
    ...failure,
  };
}

/** The result of a check that did not run. */
export function notChecked(plan: CheckPlan, code: string, data: Data = {}): CheckResult {
  const { id, title, visibility, axis, points } = plan;
  return { id, title, visibility, axis, state: 'not-checked', points: 0, outOf: points, code, data };
}

/** The first check that must pass before this one and did not, or null when this one can run. */
export function obstacle(plan: CheckPlan, results: ReadonlyMap<string, CheckResult>): string | null {
  return plan.after.find((id) => results.get(id)?.state !== 'passed') ?? null;
}

/** Why the latency of a right answer has no result: none of these costs a point. */
const unmeasured = new Set(['latency-pending', 'latency-not-asked', 'latency-inconclusive']);

/**
 * The verdict: the first cause wins, what was not reached is « not checked », and a latency that
 * could not be told neither gives nor costs a point.
 */
export function judge(findings: Findings): Verdict {
  const { plan, results, ending } = findings;
  const checks = plan.map((one) => results.get(one.id) ?? notChecked(one, 'not-reached'));
  const counted = checks.filter((check) => !unmeasured.has(check.code ?? ''));
  return {
    ...classify(checks, findings),
    checks,
    points: sum(counted.map((check) => check.points)),
    outOf: sum(counted.map((check) => check.outOf)),
    ...(ending && { code: ending.code, data: ending.data }),
    cost: findings.cost,
    latency: findings.latency,
    phases: findings.phases,
    versions: findings.versions,
    seed: findings.seed,
  };
}

function classify(
  checks: CheckResult[],
  { ending, thrown, latency }: Findings,
): Pick<Verdict, 'class' | 'error'> {
  if (ending) return { class: ending.class, ...(ending.error && { error: ending.error }) };
  const failed = checks.find((check) => check.state === 'failed');
  if (failed?.code === 'handler-threw' && thrown) return { class: 'code-error', error: thrown };
  if (failed) return { class: 'to-review' };
  return { class: latency?.state === 'inconclusive' ? 'inconclusive' : 'passed' };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
