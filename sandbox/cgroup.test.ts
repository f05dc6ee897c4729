import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Group, limitFiles, openFamily } from './cgroup.ts';
import { cgroupMounts } from './hierarchies.ts';

const mountinfo = `25 1 0:23 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
26 25 0:24 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
27 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct
28 25 0:26 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory`;

test('mounts are found by their controllers, joint ones too', () => {
  const { one, two } = cgroupMounts(mountinfo);
  assert.equal(two, '/sys/fs/cgroup/unified');
  assert.equal(one.cpu, '/sys/fs/cgroup/cpu,cpuacct');
  assert.equal(one.cpuacct, '/sys/fs/cgroup/cpu,cpuacct');
  assert.equal(one.memory, '/sys/fs/cgroup/memory');
  assert.equal(one.pids, undefined);
});

test('both versions get the same limits, without swap', () => {
  const limits = { memory: 1 << 28, pids: 40, cpu: 1500 };
  assert.deepEqual(limitFiles(2, limits), [
    ['memory', 'memory.max', '268435456'],
    ['memory', 'memory.swap.max', '0'],
    ['memory', 'memory.oom.group', '1'],
    ['pids', 'pids.max', '40'],
    ['cpu', 'cpu.max', '150000 100000'],
  ]);
  assert.deepEqual(limitFiles(1, limits), [
    ['memory', 'memory.limit_in_bytes', '268435456'],
    ['memory', 'memory.memsw.limit_in_bytes', '268435456'],
    ['pids', 'pids.max', '40'],
    ['cpu', 'cpu.cfs_period_us', '100000'],
    ['cpu', 'cpu.cfs_quota_us', '150000'],
  ]);
});

test('in version 2 every group above a box hands the controllers down, and a learner’s has a ceiling', (context) => {
  const mount = mkdtempSync(join(tmpdir(), 'cgroup-'));
  context.after(() => rmSync(mount, { recursive: true }));
  // Plain files stand for those of a kernel: what is written where is all that is looked at.
  const mounts = { memory: mount, pids: mount, cpu: mount, cpuacct: mount, freezer: mount };
  const limits = { memory: 1 << 28, pids: 40, cpu: 1000 };
  const learner = { owner: 'ada', limits: { memory: 1 << 30 } };
  const family = openFamily({ version: 2, mounts }, 20_000, learner);
  const group = new Group({ version: 2, mounts }, family, '7', limits);
  const said = (...path: string[]) => readFileSync(join(mount, 'atelier-redis-20000', ...path), 'utf8');
  assert.equal(said('cgroup.subtree_control'), '+memory +pids +cpu');
  assert.equal(said('learner-ada', 'cgroup.subtree_control'), '+memory +pids +cpu');
  assert.equal(said('learner-ada', 'memory.max'), `${1 << 30}`);
  assert.equal(said('learner-ada', 'cpu.weight'), '100');
  assert.equal(said('learner-ada', '7', 'memory.max'), `${1 << 28}`);
  assert.equal(
    existsSync(join(mount, 'atelier-redis-20000', 'learner-ada', '7', 'cgroup.subtree_control')),
    false,
  );

  const inside = join(mount, 'atelier-redis-20000', 'learner-ada', '7');
  const files = { 'memory.current': '5000', 'memory.stat': 'anon 4096\n', 'cpu.stat': 'usage_usec 70\n' };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(inside, file), text);
  writeFileSync(join(inside, 'cgroup.procs'), '');
  group.move(openFamily({ version: 2, mounts }, 20_000, { ...learner, owner: 'bob' }));
  assert.equal(said('learner-bob', '7', 'memory.max'), `${(1 << 28) - 4096}`);
});
