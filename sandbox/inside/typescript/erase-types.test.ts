import assert from 'node:assert/strict';
import test from 'node:test';
import { eraseTypes } from './erase-types.ts';
import { CodeSyntaxError } from './failure.ts';

test('types leave, every position stays', () => {
  const source =
    "import { type A, b } from 'c';\nconst d: Map<string, A> = b as never;\ninterface E { f: 1 }\nd!.g";
  const erased = eraseTypes(source);
  assert.equal(erased.length, source.length);
  assert.equal(erased.indexOf('.g'), source.indexOf('.g'));
  assert.doesNotMatch(erased, /Map|interface/);
});

test('a syntax error says its place, wherever the line is', () => {
  const places: [source: string, line: number, column: number][] = [
    ['let b = ;', 1, 9],
    ['let a = 1;\n  let b = ;', 2, 11],
    ['\n\nlet b = ;', 3, 9],
    ['let x: number = 3;\n   const y: = 4\nlet z;', 2, 13],
    ['\nenum E { A }', 2, 1],
    ['class A { constructor(private b: number) {} }', 1, 31],
    ['let q =', 1, 8],
  ];
  for (const [source, line, column] of places) {
    assert.throws(
      () => eraseTypes(source),
      (error: unknown) => {
        assert.ok(error instanceof CodeSyntaxError);
        assert.deepEqual(error.position, { line, column }, source);
        return true;
      },
    );
  }
});
