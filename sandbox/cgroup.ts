/**
 * Control groups of the boxes: version 2 where its controllers are ours, else version 1 (the
 * hierarchies memory, pids, cpu, cpuacct, freezer). One parent group an instance of the launcher,
 * named after its range of uids, one child group a box; a group whose launcher is dead is emptied
 * and removed by the next one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { GroupLimits } from './limits.ts';
import type { Usage } from './wire.ts';

const prefix = 'atelier-redis-';
const period = 100_000;

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

/** The limit files of a group, in the order they must be written. */
export function limitFiles(
  version: 1 | 2,
  limits: GroupLimits,
): [controller: string, file: string, value: string][] {
  const quota = (limits.cpu * period) / 1000;
  if (version === 2) {
    return [
      ['memory', 'memory.max', `${limits.memory}`],
      ['memory', 'memory.swap.max', '0'],
      ['memory', 'memory.oom.group', '1'],
      ['pids', 'pids.max', `${limits.pids}`],
      ['cpu', 'cpu.max', `${quota} ${period}`],
    ];
  }
  return [
    ['memory', 'memory.limit_in_bytes', `${limits.memory}`],
    ['memory', 'memory.memsw.limit_in_bytes', `${limits.memory}`],
    ['pids', 'pids.max', `${limits.pids}`],
    ['cpu', 'cpu.cfs_period_us', `${period}`],
    ['cpu', 'cpu.cfs_quota_us', `${quota}`],
  ];
}

/** Files that a kernel without swap accounting or a minimal controller does not have. */
const optional = new Set(['memory.memsw.limit_in_bytes', 'memory.swap.max', 'memory.oom.group']);

/** The group of one box. */
export class Group {
  readonly #version: 1 | 2;
  readonly #folders: Record<string, string>;

  constructor(hierarchies: Hierarchies, parent: string, name: string, limits: GroupLimits) {
    this.#version = hierarchies.version;
    this.#folders = Object.fromEntries(
      Object.entries(hierarchies.mounts).map(([controller, mount]) => [
        controller,
        join(mount, parent, name),
      ]),
    );
    for (const folder of this.#all()) mkdirSync(folder, { recursive: true });
    for (const [controller, file, value] of limitFiles(this.#version, limits)) {
      const path = this.#folders[controller] && join(this.#folders[controller], file);
      if (path && (!optional.has(file) || existsSync(path))) writeFileSync(path, value);
    }
  }

  /** The files a process writes `0` to in order to join. */
  get doors(): string[] {
    return this.#all().map((folder) => join(folder, 'cgroup.procs'));
  }

  /** The processes in the group, frozen and dying ones included. */
  processes(): number[] {
    return readNumbers(join(this.#folders.pids, 'cgroup.procs'));
  }

  /** Sends SIGKILL to all of them, until none is left or the deadline has passed; true when empty. */
  async empty(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      const left = this.processes();
      if (left.length === 0) return true;
      if (performance.now() > end) return false;
      for (const pid of left) killIfAlive(pid);
      // A frozen process of version 1 dies when it is thawed.
      this.#setFrozen(false);
      await wait(pause);
    }
  }

  async freeze(frozen: boolean): Promise<void> {
    this.#setFrozen(frozen);
    const folder = this.#folders.freezer;
    if (!folder || !frozen) return;
    for (let tries = 0; tries < 1000 && !this.#isFrozen(folder); tries++) await wait(1);
  }

  get canFreeze(): boolean {
    return this.#folders.freezer !== undefined;
  }

  usage(): Usage {
    const { memory, cpuacct } = this.#folders;
    if (this.#version === 2) {
      const cpu = /usage_usec (\d+)/.exec(readFileSync(join(cpuacct, 'cpu.stat'), 'utf8'));
      return { memory: readNumbers(join(memory, 'memory.current'))[0], cpu: Number(cpu?.[1] ?? 0) };
    }
    const cpu = cpuacct ? readNumbers(join(cpuacct, 'cpuacct.usage'))[0] / 1000 : 0;
    return { memory: readNumbers(join(memory, 'memory.usage_in_bytes'))[0], cpu: Math.round(cpu) };
  }

  /** Whether the kernel killed a process of the group for lack of memory. */
  ranOutOfMemory(): boolean {
    const file = this.#version === 2 ? 'memory.events' : 'memory.oom_control';
    const kills = /oom_kill (\d+)/.exec(readFileSync(join(this.#folders.memory, file), 'utf8'));
    return Number(kills?.[1] ?? 0) > 0;
  }

  /** Removes the group; it must be empty. */
  remove(): void {
    for (const folder of this.#all()) rmdirSync(folder);
  }

  #all(): string[] {
    return [...new Set(Object.values(this.#folders))];
  }

  #setFrozen(frozen: boolean): void {
    const folder = this.#folders.freezer;
    if (!folder) return;
    if (this.#version === 2) writeFileSync(join(folder, 'cgroup.freeze'), frozen ? '1' : '0');
    else writeFileSync(join(folder, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
  }

  #isFrozen(folder: string): boolean {
    return this.#version === 2
      ? /frozen 1/.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'))
      : readFileSync(join(folder, 'freezer.state'), 'utf8').trim() === 'FROZEN';
  }
}

/** The name of the parent group of a range of uids. */
export function parentGroup(base: number): string {
  return `${prefix}${base}`;
}

/** The ranges of which a parent group exists, whoever made it. */
export function rangesWithGroups(hierarchies: Hierarchies): number[] {
  const names = new Set(Object.values(hierarchies.mounts).flatMap((mount) => readdirSync(mount)));
  return [...names].flatMap((name) =>
    /^atelier-redis-\d+$/.test(name) ? [Number(name.slice(prefix.length))] : [],
  );
}

/** Kills what is left in a range's groups and removes them, parent included. */
export async function removeGroups(hierarchies: Hierarchies, base: number): Promise<void> {
  for (const mount of new Set(Object.values(hierarchies.mounts))) {
    const parent = join(mount, parentGroup(base));
    if (!existsSync(parent)) continue;
    for (const entry of readdirSync(parent, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeGroup(join(parent, entry.name));
    }
    await removeGroup(parent);
  }
}

async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    for (const pid of readNumbers(join(folder, 'cgroup.procs'))) killIfAlive(pid);
    if (existsSync(join(folder, 'freezer.state'))) writeFileSync(join(folder, 'freezer.state'), 'THAWED');
    try {
      rmdirSync(folder);
      return;
    } catch {
      await wait(10);
    }
  }
}

function readNumbers(path: string): number[] {
  return readFileSync(path, 'utf8').trim().split('\n').filter(Boolean).map(Number);
}

function killIfAlive(pid: number): void {
  try {
    // A process of another pid namespace reads as 0, which would be our own group.
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // It died between the reading and the signal.
  }
}
