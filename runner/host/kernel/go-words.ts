import type { CodeError } from '../protocol.ts';

const PLACE = /^(?:\.\/)?(?:main|answer)\.go:(\d+)(?::(\d+))?: (.*)$/m;
/** A frame of a trace: the function, then its file and line on the next line. */
const FRAME = /^(?:main\.)?(.+?)\([^\n]*\)\n\t(?:main|answer)\.go:(\d+)/gm;

/** What Go's compiler and linker say, as an error at the first line they name. */
export function compilerError(words: string): CodeError {
  const found = PLACE.exec(words);
  if (!found)
    return { name: 'CompileError', message: words.trim().slice(0, 2000), code: 'COMPILE', stack: [] };
  const [, line, column, message] = found;
  return { name: 'CompileError', message, ...at(line, column), code: 'COMPILE', stack: [] };
}

/** Where the report of a panic or of the runtime's own failure begins in what a program wrote; -1 when it holds none. */
export function reportStart(stderr: string): number {
  return /^(?:panic: |fatal error: |runtime: )/m.exec(stderr)?.index ?? -1;
}

/** The error of a program that ended with another status than 0, from the report it left, if any. */
export function exitError(report: string, code: number | null, signal: string | null): CodeError {
  const [, name, message] = /^(panic|fatal error): ([^\n]*)/m.exec(report) ?? [];
  if (name === undefined || message === undefined)
    return { name: 'ExitStatus', message: `exit status ${code ?? signal}`, code: 'EXIT_STATUS', stack: [] };
  const stack = [...report.matchAll(FRAME)].slice(0, 20).map(([, where, line]) => {
    return { where: where === 'main' ? '' : where.slice(0, 200), ...at(line) };
  });
  const place = stack[0] ? { line: stack[0].line, column: stack[0].column } : {};
  return { name, message: message.slice(0, 2000), ...place, stack };
}

function at(line: string, column = '1'): { line: number; column: number } {
  return { line: Number(line), column: Number(column) };
}
