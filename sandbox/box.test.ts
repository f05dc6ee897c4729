/** The argv of every program, read as text: what must be in it, and what must never be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxArguments, boxDescriptors, installedPrograms } from './box.ts';
import type { Places } from './places.ts';
import type { Job, Program } from './run.ts';

const places: Places = {
  run: '/run/x',
  owner: { uid: 990, gid: 990 },
  app: '/run/x/app',
  data: '/run/x/data',
  node: '/run/x/node',
  prlimit: '/usr/bin/prlimit',
  inside: '/run/x/app/sandbox/inside',
  packages: { typescript: [['/run/x/app/node_modules/ioredis', '/app/node_modules/ioredis']], terminal: [] },
  libraries: { limits: ['/lib/libc.so.6'], node: [], redis: [], client: [], python: [] },
  redisStack: {
    folder: '/run/x/rs',
    server: '/run/x/rs/s',
    client: '/run/x/rs/c',
    modules: { 'rejson.so': '/run/x/rs/m' },
  },
  python: { interpreter: '/usr/bin/python3.11', library: '/usr/lib/python3.11', packages: '/run/x/python' },
  go: '/run/x/go',
};
const programs: Program[] = ['redis', 'topology', 'typescript', 'python', 'go', 'go-compiler', 'terminal'];

function argumentsOf(program: Program, temporary: string | null = '/run/x/slots/0/tmp'): string[] {
  const job: Job = { program, memory: 256, disk: 8, ...(program === 'go' && { binary: '0'.repeat(64) }) };
  return boxArguments(job, { places, temporary, socketFolder: '/run/x/slots/0/tmp' });
}

/** The values that follow an option, one or two words each. */
function after(list: string[], option: string, count = 1): string[] {
  return list.flatMap((word, at) => (word === option ? [list.slice(at + 1, at + 1 + count).join(' ')] : []));
}

for (const program of programs) {
  test(`${program}: every namespace its own, no right, no way back`, () => {
    const list = argumentsOf(program);
    const options = list.slice(0, list.indexOf('--'));
    for (const wall of [
      '--unshare-all',
      '--unshare-user',
      '--disable-userns',
      '--die-with-parent',
      '--new-session',
      '--clearenv',
      '--seccomp',
    ]) {
      assert.ok(options.includes(wall), wall);
    }
    for (const hole of ['--share-net', '--cap-add', '--keep-fd', '--dev-bind-try'])
      assert.ok(!options.includes(hole), hole);
    assert.deepEqual(after(options, '--cap-drop'), ['ALL']);
    assert.deepEqual(after(options, '--remount-ro'), ['/dev', '/']);
    assert.equal(
      options.lastIndexOf('--remount-ro') >
        Math.max(...['--ro-bind', '--bind', '--tmpfs', '--dev'].map((o) => options.lastIndexOf(o))),
      true,
    );
  });

  test(`${program}: what is bound is what it needs, and only /tmp (and redis’ socket) can be written`, () => {
    const list = argumentsOf(program);
    assert.deepEqual(after(list, '--bind', 2), [
      '/run/x/slots/0/tmp /tmp',
      ...(program === 'redis' || program === 'topology' ? ['/run/x/slots/0/tmp /socket'] : []),
    ]);
    const sources = after(list, '--ro-bind');
    for (const never of [
      '/',
      '/usr',
      '/etc',
      '/run/x',
      '/run/x/app',
      '/run/x/data',
      '/run/x/slots',
      '/run/x/hosts',
    ]) {
      assert.ok(!sources.includes(never), never);
    }
    assert.ok(sources.every((source) => !source.startsWith('/run/x/data')));
  });

  test(`${program}: limits come first inside, then the program`, () => {
    const list = argumentsOf(program);
    const inside = list.slice(list.indexOf('--') + 1);
    assert.equal(inside[0], '/bin/prlimit');
    for (const limit of ['nproc', 'data', 'fsize', 'nofile', 'core']) {
      assert.ok(
        inside.some((word) => word.startsWith(`--${limit}=`)),
        limit,
      );
    }
    assert.equal(inside[inside.indexOf('--') + 1]?.startsWith('/'), true);
  });

  test(`${program}: without a slot’s tmpfs, bwrap makes a bounded one`, () => {
    const list = argumentsOf(program, null);
    assert.equal(list[list.lastIndexOf('--tmpfs') - 2], '--size');
    assert.equal(list[list.lastIndexOf('--tmpfs') - 1], `${8 * 1024 * 1024}`);
  });
}

test('only programs that open 6379 get the IPC channel, and it is where the environment says', () => {
  for (const program of programs) {
    const place = boxDescriptors(program).indexOf('ipc');
    const said = after(argumentsOf(program), '--setenv', 2).find((pair) =>
      pair.startsWith('NODE_CHANNEL_FD'),
    );
    assert.equal(said, place < 0 ? undefined : `NODE_CHANNEL_FD ${place}`, program);
  }
  assert.deepEqual(boxDescriptors('redis').slice(0, 3), ['control', 'stdout', 'stderr']);
});

test('only a terminal has PTYs', () => {
  for (const program of programs) {
    assert.equal(after(argumentsOf(program), '--dev').length, program === 'terminal' ? 1 : 0, program);
  }
});

test('what is not installed is not offered, and refused by its code', () => {
  const bare: Places = { ...places, redisStack: null, python: null, go: null };
  assert.deepEqual(installedPrograms(bare), ['typescript', 'go']);
  const job: Job = { program: 'redis', memory: 64, disk: 8 };
  assert.throws(() => boxArguments(job, { places: bare, temporary: null, socketFolder: '' }), {
    code: 'unavailable',
  });
});
