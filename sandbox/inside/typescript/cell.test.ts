import assert from 'node:assert/strict';
import test from 'node:test';
import { toCell, type Cell } from './cell.ts';
import { CodeSyntaxError } from './failure.ts';

const globals = new Set([...Object.getOwnPropertyNames(globalThis), 'console']);
const own = new Set(['setTimeout']);

function cellOf(source: string): Cell {
  return toCell(source, { isGlobal: (name) => globals.has(name), isOwn: (name) => own.has(name) });
}

function body(source: string): string {
  const text = cellOf(source).body.apply();
  return text.slice(text.indexOf('=>{') + 3, text.lastIndexOf('\n}')).trimEnd();
}

test('top-level declarations become assignments, on the same lines', () => {
  assert.equal(body('const a = 1,\n  b = 2'), ';a = 1,\n  b = 2');
  assert.equal(body('let a'), ';a=void 0');
  assert.equal(body('const { a, b: [c = 3], ...d } = e'), ';({ a, b: [c = 3], ...d } = e)');
  assert.equal(body('f()\nconst [a] = b'), 'f()\n;[a] = b');
  assert.equal(body('class A {}'), ';A=class A {};');
  assert.equal(body('for (var i = 0; i < 3; i++) {}'), 'for (i = 0; i < 3; i++) {}');
  assert.equal(body('for (var k of [1]) {}'), 'for (k of [1]) {}');
});

test('a declaration inside a block or a function stays what it is', () => {
  assert.equal(body('{ const a = 1; }'), '{ const a = 1; }');
  assert.equal(body('const f = () => { var a = 1; let b; }'), ';f = () => { var a = 1; let b; }');
});

test('functions are assigned by a script of their own, which runs first', () => {
  const { hoisted, body: rest } = cellOf('f();\nasync function* f(a) {\n  yield a }\ng()');
  assert.match(
    hoisted?.apply() ?? '',
    /^\(function\(.*"use strict"; {4}\nf=async function\*\(a\) {\n {2}yield a };\n {3}\n}\)$/,
  );
  assert.match(rest.apply(), /=>\{f\(\);\n +\n +\nreturn\{value:\(g\(\)\)\}\n/);
  assert.equal(cellOf('1').hoisted, null);
});

test('imports become awaited assignments', () => {
  assert.equal(
    body("import R, { Redis, type as t } from 'ioredis'"),
    ';({"default":R,"Redis":Redis,"type":t}=$check(await $take(import(\'ioredis\'),\'ioredis\',"default","Redis","type")));',
  );
  assert.equal(
    body("import * as fs from 'node:fs'"),
    ";(fs=$check(await $take(import('node:fs'),'node:fs')));",
  );
  assert.equal(body("import 'node:fs'"), ";($check(await $take(import('node:fs'),'node:fs')));");
  assert.match(
    body("import d from './d.json' with { type: 'json' }"),
    /import\('.\/d.json',{with:{type: 'json'}}\)/,
  );
  assert.equal(body("import {\n  Redis,\n} from 'ioredis';\nx").split('\n').length, 4);
});

test('the last expression is returned, whatever follows it', () => {
  assert.equal(body('a;\nb // c'), 'a;\nreturn{value:(b)} // c');
  assert.equal(body('({ a: 1 });'), 'return{value:(({ a: 1 }))};');
  assert.equal(body('if (a) b'), 'if (a) b');
});

test('exports are taken for what they export', () => {
  assert.equal(body('export const a = 1'), ';;a = 1');
  assert.equal(body('export default 3 + 4'), 'return{value:(3 + 4)};');
  assert.deepEqual(cellOf('export function f() {}').declares, ['f']);
  assert.equal(body('const a = 1; export { a }').trim(), ';a = 1;');
});

test('every await is followed by a check, wherever it stands', () => {
  assert.equal(body('const { a } = await b;'), ';({ a } = $check(await b));');
  assert.equal(body('(await (await f()).g());'), 'return{value:(($check(await ($check(await f())).g())))};');
  assert.equal(body('await await a'), 'return{value:($check(await $check(await a)))}');
  assert.equal(body('const f = async () => await g()'), ';f = async () => $check(await g())');
});

test('a loop that awaits checks by itself, outside of whatever catches all', () => {
  assert.equal(body('while (true) await f()'), 'while (true) {$check();$check(await f())}');
  assert.equal(
    body('for (;;) { try { await f() } catch {} }'),
    'for (;;) {$check(); try { $check(await f()) } catch {} }',
  );
  assert.equal(body('for await (const a of b) { a }'), 'for await (const a of b) {$check(); a }');
  assert.equal(body('for (;;) { f(async () => a) }'), 'for (;;) { f(async () => a) }');
});

test('a name of a global never becomes a name of the script scope', () => {
  assert.equal(body('const Map = 1, a = { Map };'), ';$own.Map = 1, a = { Map:$own.Map };');
  assert.equal(body('class URL { a = URL }'), ';$own.URL=class URL { a = URL };');
  assert.equal(body('const f = (Map) => Map.a.Map;'), ';f = (Map) => Map.a.Map;');
  assert.equal(body('setTimeout(f);'), 'return{value:($own.setTimeout(f))};');
  assert.equal(body('new Map();'), 'return{value:(new Map())};');
});

test('what a cell declares and what it takes from others are told apart', () => {
  const { declares, reads } = cellOf(`
    import { Redis } from 'ioredis';
    const { a, ...b } = source;
    function f(x, { y = z }) { var v; label: for (const w of x) break label;  return v + w2 + this.p.q; }
    class C extends Base { m(k) { return k + outer; } }
    try { risky() } catch (e) { console.log(e, import.meta.url) }
  `);
  assert.deepEqual(declares, ['Redis', 'a', 'b', 'f', 'C']);
  assert.deepEqual(reads, ['source', 'z', 'w2', 'Base', 'outer', 'risky']);
});

test('a position of the script is found again in the cell', () => {
  const source = 'const { a } = b; throwing(a)\nfunction f() { return c }';
  const { body: script } = cellOf(source);
  const text = script.apply();
  const column = text.indexOf('throwing') + 1;
  assert.deepEqual(script.original({ line: 1, column }), { line: 1, column: source.indexOf('throwing') + 1 });
  assert.deepEqual(cellOf(source).hoisted?.original({ line: 2, column: 'f=function() { return c'.length }), {
    line: 2,
    column: 23,
  });
});

test('a syntax error says its place', () => {
  assert.throws(
    () => cellOf('let a = 1;\nlet a = 2;'),
    (error: unknown) => {
      assert.ok(error instanceof CodeSyntaxError);
      assert.deepEqual(error.position, { line: 2, column: 5 });
      assert.equal(error.message, "Identifier 'a' has already been declared");
      return true;
    },
  );
});
