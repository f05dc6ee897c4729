import { inspect } from 'node:util';
import type { CodeError } from '../../run.ts';
import { framesOf, locate } from './sources.ts';
import type { Position } from './splices.ts';

/** An error found before the code ran, at a known place of it. */
export class CodeSyntaxError extends SyntaxError {
  readonly position: Position | null;
  readonly code: string;

  constructor(message: string, code: string, position: Position | null) {
    super(message);
    this.name = 'SyntaxError';
    this.code = code;
    this.position = position;
  }
}

/** An error as it is found: nothing says that its fields are what they should be. */
type Found = Record<'name' | 'message' | 'stack' | 'code' | 'errors' | 'cause', unknown>;

/** What is said of anything a learner's code throws, `running` being the name of the cell that ran. */
export function failureOf(thrown: unknown, running: string): CodeError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: textOf(() => inspect(thrown)), stack: [] };
  const found = thrown as unknown as Found;
  const trace = textOf(() => found.stack);
  const before = thrown instanceof CodeSyntaxError ? thrown.position : drawnPosition(trace);
  const frames = before ? [] : framesOf(trace);
  const place = before ?? frames[0];
  const elsewhere = (name: string) => (name === running ? {} : { cell: name });
  const code = codeOf(found);
  return {
    name: textOf(() => found.name, 200),
    message: messageOf(found),
    ...(place ? { line: place.line, column: place.column } : {}),
    ...(frames[0] ? elsewhere(frames[0].name) : {}),
    stack: frames.slice(0, 20).map(({ where, name, line, column }) => {
      return { where: where.slice(0, 200), line, column, ...elsewhere(name) };
    }),
    ...(code ? { code } : {}),
  };
}

/** What a learner's getter or `toString` answers, or that it threw. */
export function textOf(read: () => unknown, most = 20_000): string {
  try {
    const text = String(read());
    return text.length > most ? `${text.slice(0, most)}…` : text;
  } catch {
    return '[unreadable]';
  }
}

/** The first word of a Redis error (`WRONGTYPE`), the code of a Node or socket error (`ECONNREFUSED`). */
function codeOf(found: Found): string | undefined {
  if (textOf(() => found.name) === 'ReplyError')
    return /^[A-Z][A-Z0-9_]*/.exec(textOf(() => found.message))?.[0];
  return textOf(() => (typeof found.code === 'string' ? found.code : ''), 200) || undefined;
}

function messageOf(found: Found): string {
  const whole = textOf(() => found.message) || textOf(() => partsOf(found.errors).join('; '));
  const cause = textOf(() => (found.cause instanceof Error ? `\n[cause] ${String(found.cause)}` : ''));
  return whole.replace(/ imported from \S+$/, '') + cause;
}

function partsOf(errors: unknown): unknown[] {
  return Array.isArray(errors) ? errors.map((each: Found) => each.message) : [];
}

/** The place that V8 draws above an error it finds when a module is linked. */
function drawnPosition(trace: string): Position | null {
  const [, file, line, before] = /^(file:\S+):(\d+)\n(?:.*\n)*?( *)\^+\n/.exec(trace) ?? [];
  if (file === undefined) return null;
  return locate(file, { line: Number(line), column: before.length + 1 });
}
