import type { Random } from '../../../labs/kit.ts';

/** An estimate with its 95 % interval. */
export type Interval = [low: number, point: number, high: number];

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which this share of the values lies, by linear interpolation; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}

/** The mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The median of the values with a percentile bootstrap 95 % interval over `rounds` resamples. */
export function bootstrapMedian(values: readonly number[], random: Random, rounds = 2000): Interval {
  const medians: number[] = [];
  for (let round = 0; round < rounds; round++) {
    medians.push(median(values.map(() => random.pick(values))));
  }
  return [quantile(medians, 0.025), median(values), quantile(medians, 0.975)];
}
