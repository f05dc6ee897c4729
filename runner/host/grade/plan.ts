import { standardTitles, type Visibility } from '../../../labs/kit.ts';
import { budgeted, costChecks } from './cost.ts';
import type { Lab } from './lab.ts';
import { planOf, type CheckPlan } from './verdict.ts';

/** Points of the two checks that every lab with a workload has. */
const WORKLOAD_POINTS = 2;
const AFTER_REPLY_POINTS = 1;

/** Every check of a lab, the teacher's first, then those that come with a workload and its budgets. */
export function planChecks(lab: Lab): CheckPlan[] {
  const { checker, settings, workload } = lab;
  const plan = checker.checks.map(planOf);
  if (!workload) return plan;
  const standard = (
    id: keyof typeof standardTitles,
    visibility: Visibility,
    axis: CheckPlan['axis'],
    points: number,
    after: string[],
  ) => plan.push({ id, title: standardTitles[id], visibility, axis, points, after });

  const correct = plan.filter(({ axis }) => axis === 'correctness').map(({ id }) => id);
  standard('workload', 'hidden', 'correctness', WORKLOAD_POINTS, correct);
  standard('after-reply', 'hidden', 'robustness', AFTER_REPLY_POINTS, ['workload']);
  const measures = settings.cost ? budgeted(settings.cost) : [];
  for (const measure of measures) {
    standard(costChecks[measure].id, 'public', 'cost', settings.cost!.points / measures.length, ['workload']);
  }
  if (settings.latency) {
    const all = plan.map(({ id }) => id);
    standard('latency', 'public', 'latency', settings.latency.points, all);
  }
  return plan;
}
