import type { Position, Splices } from './splices.ts';

/** The file a script runs under, and what the learner calls it. */
interface Source {
  name: string;
  splices: Splices | null;
}

/** A place in the learner's own code: `where` is the function, empty at the top of a cell. */
export interface Frame {
  where: string;
  name: string;
  line: number;
  column: number;
}

/** Enough for a long session; the oldest scripts lose their names first. */
const KEPT = 2000;
const sources = new Map<string, Source>();
let count = 0;

/** Gives a cell's script a file name of its own, so that each run of a cell keeps its own positions. */
export function register(name: string, splices: Splices): string {
  const file = `file:///tmp/cell-${++count}.js`;
  sources.set(file, { name, splices });
  const oldest = sources.keys().next().value;
  if (sources.size > KEPT && oldest) sources.delete(oldest);
  return file;
}

/** Names a file that the learner's code is in as it was written. */
export function registerFile(name: string, url: string): void {
  sources.set(url, { name, splices: null });
}

/** Where a position of a script is in the learner's text; null for code that is not theirs. */
export function locate(file: string, position: Position): (Position & { name: string }) | null {
  const source = sources.get(file);
  if (!source) return null;
  return { name: source.name, ...(source.splices?.original(position) ?? position) };
}

/** Makes every stack trace tell the learner's own lines, and only those when there are any. */
export function nameLearnersLines(): void {
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map((site) => ({ site, text: frameText(site) }));
    const theirs = frames.filter((each) => sources.has(each.site.getFileName() ?? ''));
    const shown = theirs.length > 0 ? theirs : frames.filter((each) => !isKernel(each.site)).slice(0, 10);
    return [headerOf(error), ...shown.map((each) => `    at ${each.text}`)].join('\n');
  };
}

/** The learner's frames in a stack that `nameLearnersLines` has written, innermost first. */
export function framesOf(stack: string): Frame[] {
  const names = new Set([...sources.values()].map((source) => source.name));
  return stack.split('\n').flatMap((line) => {
    const [, where = '', name, row, column] = /^ {4}at (?:(.*) \()?(.*):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (name === undefined || !names.has(name)) return [];
    return [{ where, name, line: Number(row), column: Number(column) }];
  });
}

function headerOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

function isKernel(site: NodeJS.CallSite): boolean {
  return (
    (site.getFileName() ?? '').startsWith(import.meta.dirname) ||
    (site.getFileName() ?? '').startsWith('file:///app/')
  );
}

function frameText(site: NodeJS.CallSite): string {
  const file = site.getFileName() ?? '';
  const position = { line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 };
  const here = locate(file, position);
  if (!here)
    return `${site.getFunctionName() ?? '<anonymous>'} (${file}:${position.line}:${position.column})`;
  const place = `${here.name}:${here.line}:${here.column}`;
  const where = site.getFunctionName();
  return where ? `${where} (${place})` : place;
}
