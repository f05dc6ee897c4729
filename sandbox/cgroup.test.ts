import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupMounts, limitFiles } from './cgroup.ts';

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
