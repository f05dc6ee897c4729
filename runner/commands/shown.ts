/**
 * What a cell of the course shows, as the page keeps it under a cell that has not run: the first lines and rows,
 * and a plot's name. `outputs.json`, beside a chapter's pages, holds it for its cells in TypeScript.
 */
import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util';
import type { Display } from '../protocol.ts';
import type { CellRun } from './lesson-run.ts';

/** What a cell showed; `varies` when two runs said the same thing with other figures. */
export interface Shown {
  varies?: true;
  items: Display[];
}

/** The cells of a chapter by their id; null for one that does not say the same thing each time, and shows nothing. */
export type Outputs = Record<string, Shown | null>;

const mostLines = 12;
const mostRows = 12;
const longestLine = 240;

/** What a run showed: text in one piece where nothing came between, values after it. */
export function shownBy({ heard, outcome }: CellRun): Display[] {
  const items: Display[] = [];
  const say = (text: string) => {
    const last = items.at(-1);
    if (last?.kind === 'text') last.text += text;
    else items.push({ kind: 'text', text });
  };
  for (const message of heard) {
    if (message.type === 'output') say(message.text);
    else if (message.type === 'display') items.push(message.item);
  }
  if (outcome.class === 'done' && outcome.value) items.push(outcome.value);
  if (outcome.class === 'code-error') say(`${outcome.error.name}: ${outcome.error.message}\n`);
  return items.flatMap(brief);
}

/** An item as a page can afford it; an image shows nothing. */
function brief(item: Display): Display[] {
  switch (item.kind) {
    case 'text':
    case 'markdown':
      return [{ kind: 'text', text: firstLines(item.text) }];
    case 'tree':
      return [{ kind: 'text', text: firstLines(item.tree.text) }];
    case 'table': {
      const more = (item.more ?? 0) + Math.max(0, item.rows.length - mostRows);
      return [{ ...item, rows: item.rows.slice(0, mostRows), ...(more > 0 ? { more } : {}) }];
    }
    case 'plot':
      return [{ ...item, series: item.series.map(({ name }) => ({ name, points: [] })) }];
    case 'histogram':
      return [{ ...item, series: item.series.map(({ name }) => ({ name, values: [] })) }];
    case 'image':
      return [];
  }
}

function firstLines(text: string): string {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n');
  const kept = lines.slice(0, mostLines).map((line) => {
    return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  });
  return lines.length > mostLines ? `${kept.join('\n')}\n…` : kept.join('\n');
}

/**
 * What a cell says, whatever its figures: the words of each line in any order (Redis answers several JSON paths
 * in the order it likes), without numbers, the null that stands where a number is not, and names drawn at random.
 */
export function kindOf(items: Display[]): string[] {
  return items.flatMap((item) => linesOf(item).map(wordsOf));
}

function linesOf(item: Display): string[] {
  switch (item.kind) {
    case 'table':
      return [item.title ?? '', item.columns.join(' '), ...item.rows.map((row) => row.map(String).join(' '))];
    case 'plot':
    case 'histogram':
      return [`${item.kind} ${item.title ?? ''} ${item.series.map(({ name }) => name).join(' ')}`];
    case 'text':
    case 'markdown':
      return item.text.split('\n');
    default:
      return [item.kind];
  }
}

const wordsOf = (line: string) =>
  (line.replaceAll(/[\w-]{16,}|\bnull\b/g, ' ').match(/\p{L}+/gu) ?? []).toSorted().join(' ');

/**
 * Several runs of one cell as the page keeps them: the quickest, the one that a busy machine disturbed least; null
 * when they are not of one kind.
 */
export function keep(runs: CellRun[]): Shown | null {
  const all = runs.toSorted((a, b) => a.durationMs - b.durationMs).map(shownBy);
  const [items = [], ...others] = all;
  if (!others.every((other) => isDeepStrictEqual(kindOf(other), kindOf(items)))) return null;
  return others.every((other) => isDeepStrictEqual(other, items)) ? { items } : { varies: true, items };
}
