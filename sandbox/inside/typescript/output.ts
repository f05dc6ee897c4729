import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { Display } from '../../run.ts';
import { displayOf, tableOf } from './value.ts';

/** Where what a learner's code says goes. */
export interface Listener {
  text(stream: 'stdout' | 'stderr', text: string): void;
  show(item: Display): void;
}

const PIECE = 32 * 1024;

/** Replaces the console and the standard streams, so that every output knows the cell it comes from. */
export function redirectOutput(listener: Listener): void {
  const stdout = streamTo('stdout', 1, listener);
  const stderr = streamTo('stderr', 2, listener);
  Object.defineProperty(process, 'stdout', { value: stdout, configurable: true });
  Object.defineProperty(process, 'stderr', { value: stderr, configurable: true });
  const console = new Console({ stdout, stderr, colorMode: false });
  console.table = (rows: unknown, columns?: readonly string[]) => {
    if (typeof rows !== 'object' || rows === null) return console.log(rows);
    const table = tableOf(tableRows(rows));
    const kept = columns
      ? table.columns.filter((each) => each === INDEX || columns.includes(each))
      : table.columns;
    const places = kept.map((each) => table.columns.indexOf(each));
    listener.show({
      ...table,
      columns: kept,
      rows: table.rows.map((row) => places.map((place) => row[place])),
    });
  };
  console.dir = (value: unknown) => listener.show(displayOf(value));
  Object.defineProperty(globalThis, 'console', { value: console, configurable: true, writable: true });
}

function streamTo(stream: 'stdout' | 'stderr', descriptor: number, listener: Listener): Writable {
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, encoding, done) {
      const text =
        typeof chunk === 'string' && encoding !== ('buffer' as string) ? chunk : chunk.toString('utf8');
      for (let at = 0; at < text.length; at += PIECE) listener.text(stream, text.slice(at, at + PIECE));
      done();
    },
  });
  return Object.assign(writable, { fd: descriptor, isTTY: false, columns: 100 });
}

const INDEX = '(index)';

/** The rows that console.table would draw: one for each item, whatever it is, under its index or key. */
function tableRows(rows: object): Record<string, unknown>[] {
  const entries =
    rows instanceof Map ? [...rows] : rows instanceof Set ? [...rows].entries() : Object.entries(rows);
  return [...entries].map(([key, row]: [unknown, unknown]) => {
    const fields = typeof row === 'object' && row !== null ? row : { Values: row };
    return { [INDEX]: Number.isInteger(Number(key)) ? Number(key) : String(key), ...fields };
  });
}
