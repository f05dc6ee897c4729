import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { declaredIn, exported, globals } from './earlier.ts';

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2024.d.ts'],
  types: ['node'],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
};

/** What TypeScript says of the last cell when it knows the others. */
function diagnose(cells: string[]): string[] {
  const folder = `${import.meta.dirname}/`;
  const files = new Map(
    cells.slice(0, -1).map((code, index) => [`${folder}cell-${index}.ts`, exported(code)]),
  );
  files.set(`${folder}globals.d.ts`, globals(cells.slice(0, -1)));
  files.set(`${folder}now.ts`, cells.at(-1)!);
  const host = ts.createCompilerHost(compilerOptions);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, options) =>
    files.has(path) ? ts.createSourceFile(path, files.get(path)!, options) : getSourceFile(path, options);
  const program = ts.createProgram([...files.keys()], compilerOptions, host);
  const now = program.getSourceFile(`${folder}now.ts`)!;
  return [...program.getSemanticDiagnostics(now), ...program.getSyntacticDiagnostics(now)].map((found) =>
    ts.flattenDiagnosticMessageText(found.messageText, ' '),
  );
}

const first = `import { Redis } from 'ioredis'
const redis = new Redis()
type Answer = [admitted: number, waitMs: number]
interface Box<T> { value: T }
class Counter { count = 0 }
const { a, b: renamed } = { a: 1, b: 'two' }
async function check(connection: Redis, client: string): Promise<boolean> {
  return (await connection.incr(client)) < 10
}
const answers: boolean[] = []`;

test('a cell knows the values, functions, classes and types of the cells above', () => {
  const now = `const other: Redis = redis
const ok: boolean = await check(other, 'x')
const answer: Answer = [1, 2]
const box: Box<number> = { value: a }
const counter: Counter = new Counter()
const answers: string[] = [renamed]
console.log(ok, answer, box, counter.count, answers)`;
  assert.deepEqual(diagnose([first, now]), []);
});

test('a wrong use of an earlier name is an error', () => {
  assert.match(diagnose([first, `await redis.zaddd('k', 1, 'm')`]).join('\n'), /zaddd/);
  assert.match(diagnose([first, `await check('not a connection', 'x')`]).join('\n'), /not assignable/);
});

test('the last cell to declare a name wins', () => {
  assert.deepEqual(diagnose([first, `const answers = new Map<string, number>()`, `answers.set('x', 1)`]), []);
});

test('names inside functions are not of the top level', () => {
  assert.deepEqual(
    declaredIn('function f() {\n  const inside = 1\n}\nlet out = 2').map(({ name }) => name),
    ['out', 'f'],
  );
});
