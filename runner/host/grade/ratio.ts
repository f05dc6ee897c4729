/**
 * What the timed blocks of an answer say, as pure functions: ratios with intervals, and a decision.
 *
 * A round is two blocks of the learner, two of the reference and two of a second copy of the reference
 * (the control), in an order that reads the same backwards, so that a machine that slows down slows
 * them all; and one block of a handler that does nothing, whose time is taken off. What gates is the
 * median over rounds of the ratio of block means, and of block medians, with its bootstrap interval.
 */
import type { Random } from '../../../labs/kit.ts';
import { bootstrapMedian, mean, median, type Interval } from './bootstrap.ts';

/** One block: the time of each of its operations, and processor time used after the last reply; milliseconds. */
export interface Block {
  times: number[];
  afterMs: number;
}

/** The blocks of a round. */
export interface Round {
  learner: Block[];
  reference: Block[];
  control: Block[];
  nothing: Block;
}

/** Learner over reference, and the second copy of the reference over the first. */
export interface Ratios {
  mean: Interval;
  p50: Interval;
  control: { mean: Interval; p50: Interval };
}

/** What the ratios allow to say. */
export type Decision =
  { state: 'passed' | 'failed'; irregular: boolean } | { state: 'again' } | { state: 'inconclusive' };

/** How far the control may sit from 1, its whole interval included. */
export const CONTROL_BAND: [low: number, high: number] = [0.8, 1.25];

/** How often a measure is taken before it is called impossible. */
export const RUNS = 3;

/** The ratios of all rounds, whatever run they come from. */
export function ratiosOf(rounds: readonly Round[], random: Random): Ratios {
  const over = (side: 'learner' | 'control', statistic: Statistic) =>
    bootstrapMedian(
      rounds.map((round) => net(round[side], round, statistic) / net(round.reference, round, statistic)),
      random,
    );
  return {
    mean: over('learner', byMean),
    p50: over('learner', byMedian),
    control: { mean: over('control', byMean), p50: over('control', byMedian) },
  };
}

/** What can be said after so many runs. */
export function decide(ratios: Ratios, budget: number, runs: number): Decision {
  const gates = [ratios.mean, ratios.p50];
  const steady = [ratios.control.mean, ratios.control.p50].every(inBand);
  const last = runs >= RUNS;
  if (!steady) return last ? { state: 'inconclusive' } : { state: 'again' };
  if (gates.every(([, , high]) => high <= budget)) return { state: 'passed', irregular: false };
  if (gates.some(([low]) => low > budget)) return { state: 'failed', irregular: false };
  if (!last) return { state: 'again' };
  return { state: gates.every(([, point]) => point <= budget) ? 'passed' : 'failed', irregular: true };
}

type Statistic = (block: Block) => number;
const byMean: Statistic = (block) => mean(block.times) + block.afterMs / block.times.length;
const byMedian: Statistic = (block) => median(block.times);

/** A side's time in a round without what the harness itself takes. */
function net(blocks: readonly Block[], round: Round, statistic: Statistic): number {
  return Math.max(mean(blocks.map(statistic)) - statistic(round.nothing), 0.001);
}

function inBand([low, , high]: Interval): boolean {
  return low >= CONTROL_BAND[0] && high <= CONTROL_BAND[1];
}
