import { inspect, types } from 'node:util';
import type { Display, Hint, Tree } from '../../run.ts';
import { textOf as readable } from './failure.ts';

const ROWS = 1000;
const COLUMNS = 50;
const ITEMS = 100;
const NODES = 500;
const DEPTH = 8;
const TEXT = 20_000;

type Row = Record<string, unknown>;

/** How a cell shows a value: a table for flat objects in an array, a tree for what has parts, text otherwise. */
export function displayOf(value: unknown): Display {
  if (isTable(value)) return tableOf(value);
  const tree = hasParts(value) ? treeOf(value, new Set(), { left: NODES }) : null;
  return tree?.children ? { kind: 'tree', tree } : { kind: 'text', text: textOf(value, TEXT) };
}

/** What the last value of a cell suggests to teach. */
export function hintOf(value: unknown): Hint | undefined {
  return types.isPromise(value) && inspect(value).includes('<pending>') ? 'pending-promise' : undefined;
}

/** Rows as a table: the columns are the keys of all rows, in the order they are met. */
export function tableOf(rows: Row[], title?: string): Extract<Display, { kind: 'table' }> {
  const shown = rows.slice(0, ROWS);
  const columns = [...new Set(shown.flatMap((row) => Object.keys(row)))].slice(0, COLUMNS);
  const more = rows.length - shown.length;
  return {
    kind: 'table',
    columns,
    rows: shown.map((row) => columns.map((column) => (column in row ? flat(row[column]) : null))),
    ...(title === undefined ? {} : { title }),
    ...(more > 0 ? { more } : {}),
  };
}

/** A value in one place of a table, as JSON can say it. */
export function flat(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' ? value.slice(0, 2000) : textOf(value, 2000);
}

function isTable(value: unknown): value is Row[] {
  return (
    Array.isArray(value) &&
    !types.isProxy(value) &&
    value.length > 0 &&
    value.slice(0, ROWS).every(isFlatObject)
  );
}

function isFlatObject(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const fields = Object.values(Object.getOwnPropertyDescriptors(value));
  return fields.length > 0 && fields.every((field) => 'value' in field && !isObject(field.value));
}

function hasParts(value: unknown): value is object {
  if (!isObject(value) || typeof value === 'function' || types.isProxy(value)) return false;
  if (ArrayBuffer.isView(value) || value instanceof Error || types.isPromise(value)) return false;
  return !types.isDate(value) && !types.isRegExp(value) && !types.isBoxedPrimitive(value);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function treeOf(value: unknown, above: Set<unknown>, budget: { left: number }): Tree {
  budget.left--;
  const tree: Tree = { type: typeOf(value), text: textOf(value, 200, 1) };
  if (!hasParts(value) || above.has(value) || above.size >= DEPTH) return tree;
  const { parts, count } = partsOf(value);
  const inside = new Set(above).add(value);
  const children: NonNullable<Tree['children']> = [];
  for (const [key, part] of parts) {
    if (budget.left <= 0) break;
    children.push({ key: key.slice(0, 200), value: treeOf(part, inside, budget) });
  }
  const more = count - children.length;
  return { ...tree, ...(children.length > 0 ? { children } : {}), ...(more > 0 ? { more } : {}) };
}

/** The first parts of a value, and how many it has: a million of them cost no more than a hundred. */
function partsOf(value: object): { parts: [key: string, part: unknown][]; count: number } {
  if (types.isMap(value)) {
    const entries = first(value, ITEMS).map(([key, part]): [string, unknown] => [textOf(key, 200), part]);
    return { parts: entries, count: value.size };
  }
  if (types.isSet(value)) {
    const entries = first(value, ITEMS).map((part, index): [string, unknown] => [`${index}`, part]);
    return { parts: entries, count: value.size };
  }
  const keys = Array.isArray(value) ? Object.keys(value.slice(0, ITEMS)) : Object.keys(value);
  const parts = keys.slice(0, ITEMS).map((key): [string, unknown] => {
    const field = Object.getOwnPropertyDescriptor(value, key);
    return [key, field && !('value' in field) ? new Getter() : field?.value];
  });
  return { parts, count: Array.isArray(value) ? value.length : keys.length };
}

function first<T>(values: Iterable<T>, most: number): T[] {
  const taken: T[] = [];
  for (const value of values) if (taken.push(value) >= most) break;
  return taken;
}

/** Stands for a property that would have to be computed: looking at a value never runs code. */
class Getter {
  [inspect.custom](): string {
    return '[Getter]';
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (!isObject(value)) return typeof value;
  return readable(() => {
    const maker: unknown = types.isProxy(value) ? Proxy : (value as { constructor?: unknown }).constructor;
    return typeof maker === 'function' && maker.name ? maker.name.slice(0, 100) : 'Object';
  });
}

function textOf(value: unknown, most: number, depth = 4): string {
  const one = { breakLength: Infinity, maxStringLength: 200, maxArrayLength: 10 };
  const text = readable(() => inspect(value, { depth, ...(depth === 1 ? one : { maxStringLength: most }) }));
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
