import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeRegion } from './region.ts';

const source = `import { Redis } from 'ioredis';

export class Limiter {
  // #region connexion
  connect() {
    // #region dedans
    return new Redis();
    // #endregion
  }
  // #endregion
}
`;

test('a part is shown without its marks nor its indentation', () => {
  assert.deepEqual(takeRegion(source, 'connexion', 'a.ts'), {
    text: 'connect() {\n  return new Redis();\n}',
    line: 5,
  });
  assert.equal(takeRegion(source, 'dedans', 'a.ts').text, 'return new Redis();');
});

test('a whole file is shown without its marks', () => {
  assert.doesNotMatch(takeRegion(source, undefined, 'a.ts').text, /#region|#endregion/);
});

test('the marks of Lua and Python', () => {
  assert.equal(takeRegion('-- #region x\nlocal a = 1\n-- #endregion', 'x', 'a.lua').text, 'local a = 1');
  assert.equal(takeRegion('# #region x\na = 1\n# #endregion', 'x', 'a.py').text, 'a = 1');
});

const faults: [name: string, source: string, part: string | undefined, words: RegExp][] = [
  ['an unknown part', source, 'absente', /a\.ts — La partie « absente » n’existe pas.*Entourez/],
  [
    'a part never closed',
    '// #region x\n1',
    'x',
    /a\.ts:1 — La marque #region « x » n’est jamais fermée.*Ajoutez #endregion/,
  ],
  ['a close without an opening', '1\n// #endregion', undefined, /a\.ts:2 — Ce #endregion ne ferme/],
  [
    'a part without a name',
    '// #region\n1\n// #endregion',
    undefined,
    /a\.ts:1 — Cette marque #region n’a pas de nom/,
  ],
  [
    'a part twice',
    '// #region x\n1\n// #endregion\n// #region x\n2\n// #endregion',
    'x',
    /marquée deux fois/,
  ],
];
for (const [name, text, part, words] of faults) {
  test(`${name} is a fault that names the file and the next step`, () => {
    assert.throws(() => takeRegion(text, part, 'a.ts'), words);
  });
}
