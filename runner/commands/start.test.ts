/** `npm start` where it cannot work. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { app } from '../setup/places.mjs';

test('a machine where no box can be started is told in one sentence, with the next step', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-box-'));
  const bwrap = join(folder, 'bwrap');
  writeFileSync(bwrap, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n', {
    mode: 0o755,
  });
  const script = `mount --bind ${bwrap} /usr/bin/bwrap; exec "$@"`;
  const start = [process.execPath, join(app, 'runner/commands/start.ts')];
  try {
    const ended = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...start], {
      encoding: 'utf8',
      env: { ...process.env, PORT: '4399', ATELIER_DATA: folder },
    });
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /^no box can be started on this machine: bwrap: No permissions/);
    assert.match(ended.stderr, /\n {2}npm run doctor\n$/);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
