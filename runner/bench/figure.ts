/** What a bench found: one figure, with its target when there is one. */
export interface Figure {
  name: string;
  unit: string;
  samples: number;
  p50: number;
  p95: number | null;
  p99: number | null;
  /** The reference it is to be read with, measured in the same run. */
  ratio?: { to: string; value: number };
  /** What is promised, and whether it was kept. */
  targets: { what: string; limit: number; found: number; kept: boolean }[];
}

/** The value below which this share of the samples lies, by linear interpolation. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** A figure from its samples; targets are upper bounds. */
export function figure(
  name: string,
  unit: string,
  samples: readonly number[],
  targets: Partial<Record<'p50' | 'p95' | 'p99', number>> = {},
): Figure {
  const found = { p50: quantile(samples, 0.5), p95: quantile(samples, 0.95), p99: quantile(samples, 0.99) };
  return {
    name,
    unit,
    samples: samples.length,
    ...found,
    targets: (['p50', 'p95', 'p99'] as const).flatMap((what) => {
      const limit = targets[what];
      return limit === undefined
        ? []
        : [{ what: `${what} ≤`, limit, found: found[what], kept: found[what] <= limit }];
    }),
  };
}

/** A figure that is one number. */
export function single(name: string, unit: string, value: number, atMost?: number): Figure {
  const targets =
    atMost === undefined ? [] : [{ what: '≤', limit: atMost, found: value, kept: value <= atMost }];
  return { name, unit, samples: 1, p50: value, p95: null, p99: null, targets };
}
