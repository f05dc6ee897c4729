import { parse, type Program } from 'acorn';
import { CodeSyntaxError } from './failure.ts';

/** The tree of a module's text (types already erased); its syntax errors have their place. */
export function parseProgram(source: string): Program {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  } catch (error) {
    const { loc, message } = error as SyntaxError & { loc?: { line: number; column: number } };
    if (!loc) throw error;
    const position = { line: loc.line, column: loc.column + 1 };
    throw new CodeSyntaxError(message.replace(/ \(\d+:\d+\)$/, ''), 'SYNTAX', position);
  }
}
