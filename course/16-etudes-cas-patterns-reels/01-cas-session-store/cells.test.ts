import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => readFileSync(here(path), 'utf8');

/** Lua without its comments, its blank lines and its line ends: what Redis runs. */
const essence = (lua: string) => lua.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();

test('the cell that slides a session runs the very script of the file', () => {
  const file = /-- #region script\n([\s\S]*?)-- #endregion/.exec(read('lua-scripts/touch.lua'));
  const cell = /const touchScript = String\(await redis\.script\('LOAD', `([\s\S]*?)`\)\)/.exec(
    read('3-architecture.mdx'),
  );
  assert.ok(file?.[1] && cell?.[1], 'the script or its cell is not where it was');
  assert.equal(essence(cell[1]), essence(file[1]));
});

test('every script says its KEYS, its ARGV and its reply, and touches no other key', () => {
  const names = readdirSync(here('lua-scripts/'));
  assert.deepEqual(names.toSorted(), ['open.lua', 'revoke.lua', 'rotate.lua', 'touch.lua']);
  for (const name of names) {
    const [header = '', body = ''] = read(`lua-scripts/${name}`).split('-- #region script');
    for (const word of ['KEYS[1]', 'ARGV[1]', 'Réponse'])
      assert.ok(header.includes(word), `${name} does not tell ${word}`);
    for (const place of new Set([...body.matchAll(/(KEYS|ARGV)\[\d\]/g)].map(([found]) => found))) {
      assert.ok(header.includes(place), `${name} uses ${place} and does not tell it`);
    }
    const calls = [...body.matchAll(/redis\.p?call\('([\w.]+)'(?:, ([^,)]+))?/g)];
    assert.ok(calls.length > 1);
    for (const [, command, key] of calls)
      if (command !== 'TIME') assert.match(key ?? '', /^KEYS\[\d\]$/, `${name}: ${command}`);
  }
});

test('every alert and every panel speaks of a measure that the three languages expose', () => {
  const asked = new Set(
    [
      ...`${read('monitoring/alerts.yml')} ${read('monitoring/dashboards/sessions.json')}`.matchAll(
        /sessions_[a-z_]+/g,
      ),
    ].map(([name]) => name),
  );
  assert.ok(asked.size >= 8);
  for (const name of asked) {
    const series = name.replace(/_bucket$/, '');
    for (const file of ['nodejs/metrics.ts', 'go/metrics.go', 'python/metrics.py']) {
      // prometheus_client adds « _total » itself.
      const written = file.endsWith('.py') ? series.replace(/_total$/, '') : series;
      assert.ok(
        read(`implementation/${file}`).includes(`${written}'`) ||
          read(`implementation/${file}`).includes(`${written}"`),
        `${file} does not expose ${series}`,
      );
    }
    assert.ok(read('monitoring/metrics.md').includes(series), `metrics.md does not tell ${series}`);
  }
});
