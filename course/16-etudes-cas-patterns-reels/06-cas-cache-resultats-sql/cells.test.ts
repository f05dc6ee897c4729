import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => readFileSync(here(path), 'utf8');

/** Text without what is free in it: what the database or Redis runs. */
const essence = (source: string) =>
  source
    .replaceAll(/ NOT NULL/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s?([(),])\s?/g, '$1')
    .trim();

test('the cells ask the very question of the files', () => {
  const file = /bestSellers = `\n([\s\S]*?)`/.exec(read('implementation/nodejs/sales.ts'))?.[1];
  const python = /BEST_SELLERS = """\n([\s\S]*?)"""/.exec(read('implementation/python/sales.py'))?.[1];
  assert.ok(file && python);
  assert.equal(essence(python), essence(file));
  const pages = readdirSync(here('.')).filter((name) => name.endsWith('.mdx'));
  assert.equal(pages.length, 5);
  for (const page of pages) {
    const source = read(page);
    const cells = [
      ...source.matchAll(/const bestSellers = database\.prepare\(`\n([\s\S]*?)`\)/g),
      ...source.matchAll(/return database\.execute\("""\n([\s\S]*?)"""/g),
    ];
    assert.ok(cells.length > 0, page);
    for (const [, cell] of cells) assert.equal(essence(cell ?? ''), essence(file), page);
    for (const seed of source.matchAll(/SELECT i \+ 1, \(x \* \d+ [^)]*\) % \d+/g))
      assert.ok(read('implementation/nodejs/sales.ts').includes(seed[0]), page);
  }
});

test('every script says its KEYS, its ARGV and its reply, and touches no other key', () => {
  const names = readdirSync(here('lua-scripts/'));
  assert.deepEqual(names.toSorted(), ['release.lua', 'store.lua']);
  for (const name of names) {
    const [header = '', body = ''] = read(`lua-scripts/${name}`).split('-- #region script');
    for (const word of ['KEYS[1]', 'ARGV[1]', 'Réponse'])
      assert.ok(header.includes(word), `${name} does not tell ${word}`);
    for (const place of new Set([...body.matchAll(/(KEYS|ARGV)\[\d\]/g)].map(([found]) => found))) {
      assert.ok(header.includes(place), `${name} uses ${place} and does not tell it`);
    }
    const calls = [...body.matchAll(/redis\.p?call\('([\w.]+)'(?:, ([^,)]+))?/g)];
    assert.ok(calls.length > 1);
    for (const [, command, key] of calls) assert.match(key ?? '', /^KEYS\[\d\]$/, `${name}: ${command}`);
  }
});

test('every alert and every panel speaks of a measure that the three languages expose', () => {
  const asked = new Set(
    [
      ...`${read('monitoring/alerts.yml')} ${read('monitoring/dashboards/cache.json')}`.matchAll(
        /\bcache_[a-z_]+/g,
      ),
    ].map(([name]) => name),
  );
  assert.ok(asked.size >= 10);
  for (const name of asked) {
    const series = name.replace(/_(bucket|count)$/, '');
    for (const file of ['nodejs/metrics.ts', 'go/metrics.go', 'python/metrics.py']) {
      // prometheus_client adds « _total » itself.
      const written = file.endsWith('.py') ? series.replace(/_total$/, '') : series;
      assert.match(
        read(`implementation/${file}`),
        new RegExp(`['"]${written}['"]`),
        `${file} lacks ${series}`,
      );
    }
    assert.ok(read('monitoring/metrics.md').includes(series), `metrics.md does not tell ${series}`);
  }
});
