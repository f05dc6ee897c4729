import { stripTypeScriptTypes } from 'node:module';
import { CodeSyntaxError } from './failure.ts';

/** Erases the types of a text, every line and column staying where it was. */
export function eraseTypes(source: string): string {
  try {
    return stripTypeScriptTypes(source);
  } catch (error) {
    const { message, code, stack } = error as Error & { code?: string };
    if (code === 'ERR_INTERNAL_ASSERTION') throw new BrokenParser();
    throw new CodeSyntaxError(
      message,
      code ?? 'ERR_INVALID_TYPESCRIPT_SYNTAX',
      positionIn(stack ?? '') ?? endOf(source),
    );
  }
}

/** The parser is WebAssembly: a text nested too deeply breaks it for good, and the kernel with it. */
export class BrokenParser extends CodeSyntaxError {
  constructor() {
    super('The code is nested too deeply to be read', 'NESTED_TOO_DEEPLY', null);
  }
}

/** The position that Node draws above a syntax error: `:3`, the line, and a caret under the place. */
function positionIn(stack: string): { line: number; column: number } | null {
  const [, line, before] = /^\S*:(\d+)\n(?:.*\n)*?( *)\^+\n/.exec(stack) ?? [];
  return line === undefined || before === undefined
    ? null
    : { line: Number(line), column: before.length + 1 };
}

function endOf(source: string): { line: number; column: number } {
  const lines = source.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
