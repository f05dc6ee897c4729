import { isFailure, type CheckResult, type Cost } from '../../../labs/kit.ts';
import { budgeted, costChecks, costOf, overrun } from './cost.ts';
import type { Lab } from './lab.ts';
import type { Pair } from './pair.ts';
import { randomFrom } from './random.ts';
import { callOperations, silence, verifyOperations, warmUp, type Side } from './traffic.ts';

/** What the workload says of its checks, by id (null: passed), and what an operation costs. */
export interface WorkloadReport {
  failures: Map<string, Pick<CheckResult, 'code' | 'data'> | null>;
  cost: Cost | null;
}

/** Operations that the cost is counted on, in two halves between which the checker changes keys. */
const HALF = 20;
/** A connection that opens meanwhile is no operation's cost: it is counted again, for an answer that opens one at each call is to pay. */
const COUNTS = 3;

/** Plays the workload on fresh processes: replies by the model, work left after a reply, cost by the taps. */
export async function playWorkload(lab: Lab, pair: Pair, seed: number): Promise<WorkloadReport> {
  const failures: WorkloadReport['failures'] = new Map();
  const { workload, settings } = lab;
  if (!workload) return { failures, cost: null };
  const random = randomFrom(seed);
  const side: Side = {
    processes: pair.processes(),
    traffic: workload.traffic(random),
    keys: pair.keys,
    random,
  };
  try {
    await warmUp(side);
    await silence(side.processes);
    const unfinished: string[] = [];
    let counted = await count(side, settings.cost, unfinished);
    for (let counts = 1; counts < COUNTS && counted.opened > 0; counts++)
      counted = await count(side, settings.cost, unfinished);
    const { cost } = counted;
    failures.set('workload', null);
    failures.set('after-reply', leftUndone(unfinished));
    for (const measure of settings.cost ? budgeted(settings.cost) : []) {
      failures.set(costChecks[measure].id, overrun(cost, measure));
    }
    return { failures, cost };
  } catch (error) {
    if (!isFailure(error)) throw error;
    failures.set('workload', { code: error.code, data: error.data });
    return { failures, cost: null };
  }
}

/** Plays the workload once: what it costs, how many connections it opens; what it leaves behind goes to `unfinished`. */
async function count(
  side: Side,
  budget: Lab['settings']['cost'],
  unfinished: string[],
): Promise<{ cost: Cost; opened: number }> {
  const taps = side.processes.flatMap((process) => process.taps);
  let opened = 0;
  const stops = taps.map((tap) => tap.observe({ connected: () => void opened++ }));
  const windows = taps.map((tap) => tap.record({ commands: 0 }));
  try {
    await verifyOperations(side, await callOperations(side, HALF));
    await side.traffic.disturb?.(side.keys);
    await verifyOperations(side, await callOperations(side, HALF));
    unfinished.push(...(await silence(side.processes)));
    return { cost: costOf(windows, 2 * HALF, budget), opened };
  } finally {
    for (const window of windows) window.end();
    for (const stop of stops) stop();
  }
}

/** The failure that commands on the wire after a reply stand for, or null. */
export function leftUndone(commands: readonly string[]): Pick<CheckResult, 'code' | 'data'> | null {
  if (commands.length === 0) return null;
  const named = commands.find((command) => command !== '…');
  return { code: 'work-after-reply', data: { count: commands.length, command: named ?? '?' } };
}
