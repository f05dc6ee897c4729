import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => readFileSync(here(path), 'utf8');

/** Lua without its comments, its blank lines and its line ends: what Redis runs. */
const essence = (lua: string) => lua.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();

test('the cell that debits a named passage runs the very script of the file', () => {
  const file = /-- #region script\n([\s\S]*?)-- #endregion/.exec(read('lua-scripts/debit.lua'));
  const cell = /const debit = String\(await redis\.script\('LOAD', `([\s\S]*?)`\)\)/.exec(
    read('2-rejouer.mdx'),
  );
  assert.ok(file?.[1] && cell?.[1], 'the script or its cell is not where it was');
  assert.equal(essence(cell[1]), essence(file[1]));
});

test('the script says its KEYS, its ARGV and its reply, and touches no other key', () => {
  const [header = '', body = ''] = read('lua-scripts/debit.lua').split('-- #region script');
  for (const place of new Set([...body.matchAll(/(KEYS|ARGV)\[\d\]/g)].map(([found]) => found)))
    assert.ok(header.includes(place), `debit.lua uses ${place} and does not tell it`);
  assert.ok(header.includes('Réponse'));
  const calls = [...body.matchAll(/redis\.p?call\('\w+', ([^,)]+)/g)];
  assert.equal(calls.length, 4);
  for (const [, key] of calls) assert.match(key ?? '', /^KEYS\[\d\]$/);
});

test('every alert and every panel speaks of a measure that the three languages expose', () => {
  const asked = new Set(
    [
      ...`${read('monitoring/alerts.yml')} ${read('monitoring/dashboards/appels.json')}`.matchAll(
        /redis_[a-z_]+/g,
      ),
    ].map(([name]) => name),
  );
  assert.ok(asked.size >= 10);
  for (const name of asked) {
    const series = name.replace(/_bucket$/, '');
    for (const file of ['nodejs/metrics.ts', 'go/metrics.go', 'python/metrics.py']) {
      // prometheus_client adds « _total » itself.
      const written = file.endsWith('.py') ? series.replace(/_total$/, '') : series;
      const source = read(`implementation/${file}`);
      assert.ok(source.includes(`${written}'`) || source.includes(`${written}"`), `${file}: ${series}`);
    }
    assert.ok(read('monitoring/metrics.md').includes(series), `metrics.md does not tell ${series}`);
  }
});

test('the three languages know the same failures', () => {
  const named = ['unreachable', 'lost', 'timeout', 'busy', 'readonly', 'denied', 'full', 'defect'];
  for (const file of ['nodejs/failure.ts', 'go/failure.go', 'python/failure.py'])
    for (const name of named) assert.match(read(`implementation/${file}`), new RegExp(`['"]${name}['"]`));
});
