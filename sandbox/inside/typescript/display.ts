import type { Display } from '../../run.ts';
import type { DisplayFunction, Series } from './display-function.ts';
import { displayOf, flat, tableOf } from './value.ts';

type Points = [x: number, y: number][];
type Show = (item: Display) => void;

const LARGEST = 512 * 1024;

/** Makes the `display` that sends what it is asked to show through `show`. */
export function makeDisplay(show: Show): DisplayFunction {
  const send = (item: Display) => {
    const size = JSON.stringify(item).length;
    if (size > LARGEST)
      throw new RangeError(
        `display: ${Math.ceil(size / 1024)} KiB is more than the ${LARGEST / 1024} KiB that can be shown`,
      );
    show(item);
  };
  return Object.assign((value: unknown) => send(displayOf(value)), {
    table: (rows: readonly unknown[], options: { title?: string; columns?: string[] } = {}) =>
      send(toTable(rows, options)),
    plot: (
      series: Series | Record<string, Series>,
      options: { title?: string; x?: string; y?: string } = {},
    ) =>
      send({
        kind: 'plot',
        ...titleOf(options),
        x: options.x ?? 'x',
        y: options.y ?? 'y',
        series: named(series, 'points', toPoints),
      }),
    histogram: (
      values: readonly number[] | Record<string, readonly number[]>,
      options: { title?: string; unit?: string } = {},
    ) =>
      send({
        kind: 'histogram',
        ...titleOf(options),
        unit: options.unit ?? 'ms',
        series: named(values, 'values', toNumbers),
      }),
    markdown: (text: unknown) => send({ kind: 'markdown', text: String(text) }),
    image: (data: Uint8Array | string, options: { type?: string; alternative?: string } = {}) => {
      const base64 =
        typeof data === 'string' ? data.replace(/^data:[^,]*,/, '') : Buffer.from(data).toString('base64');
      send({
        kind: 'image',
        type: options.type ?? 'image/png',
        base64,
        alternative: options.alternative ?? '',
      });
    },
  });
}

function titleOf({ title }: { title?: string }): { title?: string } {
  return title === undefined ? {} : { title };
}

function toTable(
  rows: readonly unknown[],
  { title, columns }: { title?: string; columns?: string[] },
): Display {
  if (!Array.isArray(rows)) throw new TypeError('display.table: rows must be an array');
  const objects = rows.map((row: unknown) => {
    if (Array.isArray(row))
      return Object.fromEntries(row.map((cell, index) => [columns?.[index] ?? String(index), cell]));
    return typeof row === 'object' && row !== null ? { ...row } : { [columns?.[0] ?? 'value']: row };
  });
  const table = tableOf(objects, title);
  if (!columns) return table;
  return {
    ...table,
    columns,
    rows: objects.slice(0, table.rows.length).map((row) => columns.map((each) => flat(row[each] ?? null))),
  };
}

function named<V, F extends string>(
  series: readonly unknown[] | Record<string, readonly unknown[]>,
  field: F,
  convert: (values: readonly unknown[]) => V,
): ({ name: string } & Record<F, V>)[] {
  const entries = isList(series) ? [['', series] as const] : Object.entries(series);
  return entries.map(
    ([name, values]) => ({ name, [field]: convert(values) }) as { name: string } & Record<F, V>,
  );
}

function isList(
  series: readonly unknown[] | Record<string, readonly unknown[]>,
): series is readonly unknown[] {
  return Array.isArray(series);
}

function toPoints(values: readonly unknown[]): Points {
  return values.map((value, index) =>
    Array.isArray(value) ? [finite(value[0]), finite(value[1])] : [index, finite(value)],
  );
}

function toNumbers(values: readonly unknown[]): number[] {
  return values.map(finite);
}

function finite(value: unknown): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new TypeError(`display: ${String(value)} is not a finite number`);
  return number;
}
