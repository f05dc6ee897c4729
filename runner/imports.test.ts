/** The rooms' imports form the graph of the README; an arrow that is not in it fails here. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { app } from './setup/places.mjs';

/** For the files of a room, which other files they may import; the first room that fits decides. */
const rooms: { room: RegExp; may: RegExp[] }[] = [
  { room: /^sandbox\//, may: [/^sandbox\//] },
  { room: /^labs\/kit\.ts$/, may: [] },
  { room: /^labs\/[^/]+\//, may: [/^labs\/kit\.ts$/, /^labs\/[^/]+\//] },
  { room: /^labs\//, may: [/^labs\//] },
  { room: /^runner\/host\/protocol\.ts$/, may: [/^sandbox\/run\.ts$/, /^labs\/kit\.ts$/] },
  { room: /^runner\/host\//, may: [/^sandbox\/run\.ts$/, /^labs\/kit\.ts$/, /^runner\/host\//] },
  { room: /^runner\/protocol\.ts$/, may: [/^runner\/host\/protocol\.ts$/] },
  // Commands and benches drive any room from outside, as an operator would; they are nobody's dependency.
  {
    room: /^runner\/(commands|bench)\//,
    may: [/^runner\//, /^sandbox\//, /^labs\/kit\.ts$/, /^course\/.*\/benchmarks\//],
  },
  { room: /^runner\/.*\.test\.ts$/, may: [/^runner\//, /^sandbox\/run\.ts$/] },
  { room: /^runner\//, may: [/^runner\/(?!host\/|commands\/|bench\/)/, /^runner\/host\/protocol\.ts$/] },
  { room: /^site\/e2e\//, may: [/^site\//, /^runner\/commands\//, /^runner\/protocol\.ts$/] },
  { room: /^site\//, may: [/^site\//, /^runner\/protocol\.ts$/, /^runner\/texts\//] },
  { room: /^course\//, may: [/^course\//] },
];

const imports = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** A file's relative imports, as paths from the root. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(app, path), 'utf8');
  return [...text.matchAll(imports)].map((match) => normalize(join(dirname(path), match[1])));
}

/** Whether a test of a room may reach into the folder that it tests: its own room alone. */
const ownRoom = (path: string, imported: string) =>
  path.includes('.test.') && path.split('/')[0] === imported.split('/')[0];

test('every import between rooms is one of the graph', () => {
  const files = globSync('{sandbox,labs,runner,site,course}/**/*.{ts,mjs,astro}', { cwd: app }).filter(
    (path) => !/node_modules|\/dist\/|\/public\/|\.astro\/|\/attempts\//.test(path),
  );
  assert.ok(files.length > 20);
  const wrong = [];
  for (const path of files) {
    const room = rooms.find((candidate) => candidate.room.test(path));
    assert.ok(room, `${path} is in no room`);
    for (const imported of importsOf(path)) {
      if (imported.startsWith(dirname(path) + '/') && !path.startsWith('runner/')) continue;
      if (!ownRoom(path, imported) && !room.may.some((allowed) => allowed.test(imported)))
        wrong.push(`${path} → ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
});
