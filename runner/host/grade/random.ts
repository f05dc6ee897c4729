import type { Random } from '../../../labs/kit.ts';

/** A random source (mulberry32) that gives the same draws for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  let names = 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1));
  return {
    integer,
    pick: (values) => values[integer(0, values.length - 1)],
    shuffle(values) {
      const left = [...values];
      return values.map(() => left.splice(integer(0, left.length - 1), 1)[0]);
    },
    name: (prefix = 'client') =>
      `${prefix}-${integer(0, 2 ** 31)
        .toString(36)
        .padStart(6, '0')}${(names++).toString(36)}`,
    chance: (probability) => unit() < probability,
  };
}

/** A seed nobody chose. */
export function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** The seed of a part of an attempt, so that a part that draws more does not change the others. */
export function seedOf(seed: number, part: string): number {
  let mixed = seed ^ 0x9e3779b9;
  for (const letter of part) mixed = Math.imul(mixed ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return mixed;
}
