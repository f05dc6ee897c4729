import type { CheckResult, Cost, LabSettings } from '../../../labs/kit.ts';
import type { Counters } from '../tap/trace.ts';

type Budget = NonNullable<LabSettings['cost']>;
type Measure = 'roundTrips' | 'commands' | 'bytes';

/** The checks that a budget stands for, by the measure they look at. */
export const costChecks = {
  roundTrips: { id: 'cost-round-trips', code: 'too-many-round-trips' },
  commands: { id: 'cost-commands', code: 'too-many-commands' },
  bytes: { id: 'cost-bytes', code: 'too-many-bytes' },
} as const;

/** The measures that have a budget, in the order they are told. */
export function budgeted(budget: Budget): Measure[] {
  return (['roundTrips', 'commands', 'bytes'] as const).filter((measure) => budget[measure] !== undefined);
}

/** The cost of an operation, from what the taps counted. */
export function costOf(windows: readonly Counters[], operations: number, budget: Budget | null): Cost {
  const perOperation = (count: (window: Counters) => number) =>
    round(windows.reduce((sum, window) => sum + count(window), 0) / operations);
  const { roundTrips, commands, bytes } = budget ?? {};
  return {
    operations,
    roundTrips: perOperation((window) => window.roundTrips),
    commands: perOperation((window) => window.commands),
    bytes: perOperation((window) => window.bytesIn + window.bytesOut),
    budget: {
      ...(roundTrips !== undefined && { roundTrips }),
      ...(commands !== undefined && { commands }),
      ...(bytes !== undefined && { bytes }),
    },
  };
}

/** What is wrong with one measure of a cost, or null. */
export function overrun(cost: Cost, measure: Measure): Required<Pick<CheckResult, 'code' | 'data'>> | null {
  const budget = cost.budget[measure];
  if (budget === undefined || cost[measure] <= budget) return null;
  return { code: costChecks[measure].code, data: { found: cost[measure], budget } };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
