import type { Shape } from '../../../labs/kit.ts';

/** Where a value does not have its form: the path in the reply (empty for the whole), what was found, and the form (`integer`, `array`, …). */
export interface Mismatch {
  path: string;
  found: string;
  expected: string;
}

/** The first place where a reply is not of its form, or null. */
export function mismatch(value: unknown, shape: Shape, path = ''): Mismatch | null {
  const wrong = (expected: string) => ({ path, found: show(value), expected });
  if (typeof shape === 'string') return fits(value, shape) ? null : wrong(shape);
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return wrong('array');
    return first(value.map((item, place) => mismatch(item, shape[0], `${path}[${place}]`)));
  }
  if ('optional' in shape) {
    return value === null || value === undefined ? null : mismatch(value, shape.optional, path);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('object');
  const fields = new Map(Object.entries(value));
  return first(
    Object.entries(shape).map(([field, inner]) =>
      mismatch(fields.get(field), inner, path ? `${path}.${field}` : field),
    ),
  );
}

function fits(value: unknown, shape: Extract<Shape, string>): boolean {
  if (shape === 'anything') return true;
  if (shape === 'nothing') return value === null || value === undefined;
  if (shape === 'boolean') return typeof value === 'boolean';
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'integer') return Number.isSafeInteger(value);
  return typeof value === 'number' && Number.isFinite(value);
}

function first(mismatches: (Mismatch | null)[]): Mismatch | null {
  return mismatches.find((found) => found !== null) ?? null;
}

/** A value of the learner's, short enough for a sentence. */
export function show(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
