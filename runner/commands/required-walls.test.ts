import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedWalls } from './required-walls.ts';

const walls = (...missing: string[]) =>
  ['uid', 'namespaces', 'seccomp', 'cgroup-memory', 'freezer'].map((name) => ({
    name,
    stands: !missing.includes(name),
  }));
const names = (...parameters: Parameters<typeof refusedWalls>) =>
  refusedWalls(...parameters).map(({ name }) => name);

test('with every wall, anything may start', () => {
  assert.deepEqual(names(walls(), true, '0.0.0.0'), []);
  assert.deepEqual(names(walls(), false, '127.0.0.1'), []);
});

test('with root, every wall is required', () => {
  assert.deepEqual(names(walls('freezer', 'seccomp'), true, '127.0.0.1'), ['seccomp', 'freezer']);
});

test('without root, this machine alone may be served without the walls of root', () => {
  const missing = walls('uid', 'cgroup-memory', 'freezer');
  for (const host of ['127.0.0.1', 'localhost', '::1', '127.1.2.3'])
    assert.deepEqual(names(missing, false, host), []);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org'])
    assert.deepEqual(names(missing, false, host), ['uid', 'cgroup-memory', 'freezer']);
  assert.deepEqual(names(walls('namespaces'), false, '127.0.0.1'), ['namespaces']);
});
