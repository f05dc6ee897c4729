import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archives, startAtHome } from './taken-home.ts';

test('unpacked at home, `npm start` runs a chapter’s cells in order on the reader’s own Redis', async () => {
  const archive = archives().find((path) => path.endsWith('16-00.zip'));
  assert.ok(archive, 'the site is built');
  const { code, said } = await startAtHome(archive, false);
  assert.equal(code, 0, said);
  assert.match(said, /\[1\] .+\n/);
  assert.match(said, /Toutes les cellules ont donné ce qu’elles devaient/);
});
