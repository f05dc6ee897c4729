import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => readFileSync(here(path), 'utf8');

/** The name a cell gives to a script, in each language, and the file it must be a copy of. */
const named = {
  'fixed-window': ['fixedWindow', 'fixed_window', 'fixedWindow'],
  'sliding-log': ['slidingLog'],
  'sliding-counter': ['slidingCounter'],
  'token-bucket': ['tokenBucket', 'token_bucket', 'tokenBucket'],
};

/** The Lua between the marks of a file, without comments. */
function script(name: string): string {
  const match = /-- #region script\n([\s\S]*?)-- #endregion/.exec(read(`lua-scripts/${name}.lua`));
  assert.ok(match, `${name}.lua has no region « script »`);
  return match[1].trim();
}

for (const [file, names] of Object.entries(named)) {
  test(`the cells that define ${file} run the very script of the file`, () => {
    const page = read('4-implementation.mdx');
    const opening = [
      /const NAME = script\(`\n/,
      /^NAME = r\.register_script\("""\n/m,
      /var NAME = redis\.NewScript\(`\n/,
    ];
    for (const [language, name] of names.entries()) {
      const start = new RegExp(opening[language].source.replace('NAME', name), 'm').exec(page);
      assert.ok(start, `no cell defines ${name}`);
      const from = start.index + start[0].length;
      const end = page.slice(from).search(/^(?:`|""")/m);
      assert.equal(page.slice(from, from + end).trim(), script(file));
    }
  });
}

test('every script says its KEYS, its ARGV and its reply, and touches no other key', () => {
  const files = readdirSync(here('lua-scripts/')).filter((name) => name.endsWith('.lua'));
  assert.equal(files.length, Object.keys(named).length);
  for (const name of files) {
    const [header, body] = read(`lua-scripts/${name}`).split('-- #region script');
    for (const word of ['KEYS[1]', 'ARGV[1]', 'Réponse'])
      assert.ok(header.includes(word), `${name} does not tell ${word}`);
    for (const [, key] of body.matchAll(/redis\.call\('(?!TIME)\w+'(?:, ([^,)]+))?/g))
      assert.equal(key, 'KEYS[1]', name);
  }
});
