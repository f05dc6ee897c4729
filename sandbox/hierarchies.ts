/** Where control groups can be made here: version 2 where its controllers are ours, else version 1. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the names of all our groups begin with. */
export const prefix = 'atelier-redis-';

/** Where this machine lets groups be made: one folder a controller (all the same one in version 2). */
export interface Hierarchies {
  version: 1 | 2;
  /** Mount point by controller: memory, pids, cpu, cpuacct, freezer. */
  mounts: Record<string, string>;
}

/** The cgroup file systems in a mountinfo text, as controller → mount point, and version 2's mount. */
export function cgroupMounts(mountinfo: string): { one: Record<string, string>; two: string | null } {
  const one: Record<string, string> = {};
  let two: string | null = null;
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const folder = left?.split(' ')[4];
    const [type, , options] = right?.split(' ') ?? [];
    if (!folder) continue;
    if (type === 'cgroup2') two = folder;
    if (type === 'cgroup') for (const option of options?.split(',') ?? []) one[option] = folder;
  }
  return { one, two };
}

/** The hierarchies that can be used here, or null: no cgroup wall. */
export function findHierarchies(): Hierarchies | null {
  const { one, two } = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (two && enableControllers(two)) {
    return { version: 2, mounts: { memory: two, pids: two, cpu: two, cpuacct: two, freezer: two } };
  }
  const mounts = Object.fromEntries(
    ['memory', 'pids', 'cpu', 'cpuacct', 'freezer'].flatMap((name) => (one[name] ? [[name, one[name]]] : [])),
  );
  if (!mounts.memory || !mounts.pids || !isWritable(mounts.memory) || !isWritable(mounts.pids)) return null;
  return { version: 1, mounts };
}

function isWritable(mount: string): boolean {
  const probe = join(mount, `${prefix}probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}

/** Gives a version 2 folder's children the controllers needed; false when it has not got them. */
function enableControllers(folder: string): boolean {
  const wanted = ['memory', 'pids', 'cpu'];
  try {
    const present = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
    if (!wanted.every((name) => present.includes(name))) return false;
    const given = readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
    const missing = wanted.filter((name) => !given.includes(name));
    if (missing.length > 0) {
      writeFileSync(join(folder, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
    }
    return isWritable(folder);
  } catch {
    return false;
  }
}
