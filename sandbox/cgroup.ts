/**
 * Control groups of the boxes: version 2 where its controllers are ours, else version 1 (the
 * hierarchies memory, pids, cpu, cpuacct, freezer). One parent group an instance of the launcher,
 * named after its range of uids; in it a group a box, or a group a learner that holds those of his
 * boxes, so that ten boxes weigh as much as one. A group whose launcher is dead is emptied and removed
 * by the next one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { prefix, type Hierarchies } from './hierarchies.ts';
import type { GroupLimits, LearnerLimits } from './limits.ts';
import type { Usage } from './wire.ts';

export { findHierarchies, type Hierarchies } from './hierarchies.ts';

const period = 100_000;

type LimitFile = [controller: string, file: string, value: string];

/** The limit files of a group, in the order they must be written. */
export function limitFiles(version: 1 | 2, limits: GroupLimits): LimitFile[] {
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

/** What a box that is killed is held by: no quota, the greatest weight, and not one process more. */
function dyingFiles(version: 1 | 2): LimitFile[] {
  const noFork: LimitFile = ['pids', 'pids.max', '0'];
  if (version === 2) return [noFork, ['cpu', 'cpu.max', `max ${period}`], ['cpu', 'cpu.weight', '10000']];
  return [noFork, ['cpu', 'cpu.cfs_quota_us', '-1'], ['cpu', 'cpu.shares', '262144']];
}

/** The limit files of the group that holds a learner's: its weight is that of one box, whatever it holds. */
export function learnerFiles(version: 1 | 2, { memory }: LearnerLimits): LimitFile[] {
  if (version === 2) {
    return [
      ['memory', 'memory.max', `${memory}`],
      ['memory', 'memory.swap.max', '0'],
      ['cpu', 'cpu.weight', '100'],
    ];
  }
  return [
    ['memory', 'memory.limit_in_bytes', `${memory}`],
    ['memory', 'memory.memsw.limit_in_bytes', `${memory}`],
    ['cpu', 'cpu.shares', '1024'],
  ];
}

/** Files that a kernel without swap accounting or a minimal controller does not have. */
const optional = new Set(['memory.memsw.limit_in_bytes', 'memory.swap.max', 'memory.oom.group']);

/** Where the groups of boxes are made: in that of a range, or in that of a learner in it. */
export interface Family {
  /** The folders from a mount point down: `atelier-redis-20000`, then perhaps `learner-…`. */
  names: string[];
}

/** The family of a range's boxes, of nobody's or of one learner's; made if it is not there. */
export function openFamily(
  hierarchies: Hierarchies,
  base: number,
  learner?: { owner: string; limits: LearnerLimits },
): Family {
  const range = [parentGroup(base)];
  openFolders(hierarchies, range, []);
  if (!learner) return { names: range };
  const names = [...range, `learner-${learner.owner}`];
  openFolders(hierarchies, names, learnerFiles(hierarchies.version, learner.limits));
  return { names };
}

/** Removes the group of a learner who has no box any more. */
function closeFamily({ mounts }: Hierarchies, { names }: Family): void {
  if (names.length < 2) return;
  for (const mount of new Set(Object.values(mounts))) {
    try {
      rmdirSync(join(mount, ...names));
    } catch {
      // It holds another box.
    }
  }
}

/** Makes the group of this name everywhere, ready to hold others. */
function openFolders(hierarchies: Hierarchies, names: string[], files: LimitFile[]): void {
  const { version, mounts } = hierarchies;
  for (const mount of new Set(Object.values(mounts))) {
    const folder = join(mount, ...names);
    if (existsSync(folder)) continue;
    mkdirSync(folder);
    if (version === 2) writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory +pids +cpu');
    // Kernels before 5.11 count what is below a group only when told to, before there is anything.
    const nested = join(folder, 'memory.use_hierarchy');
    if (existsSync(nested) && readFileSync(nested, 'utf8').trim() === '0') writeFileSync(nested, '1');
  }
  writeLimits(foldersOf(hierarchies, names), files);
}

function foldersOf({ mounts }: Hierarchies, names: string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(mounts).map(([controller, mount]) => [controller, join(mount, ...names)]),
  );
}

function writeLimits(folders: Record<string, string>, files: LimitFile[]): void {
  for (const [controller, file, value] of files) {
    const path = folders[controller] && join(folders[controller], file);
    if (path && (!optional.has(file) || existsSync(path))) writeFileSync(path, value);
  }
}

/** The group of one box. */
export class Group {
  readonly #hierarchies: Hierarchies;
  readonly #version: 1 | 2;
  readonly #name: string;
  readonly #limits: GroupLimits;
  #family: Family;
  #folders: Record<string, string>;
  #isDying = false;
  /** Folders it has left and that could not be removed yet. */
  #former: string[] = [];
  /** What it had used where it was before. */
  #before: Usage = { memory: 0, cpu: 0 };

  constructor(hierarchies: Hierarchies, family: Family, name: string, limits: GroupLimits) {
    this.#hierarchies = hierarchies;
    this.#version = hierarchies.version;
    this.#name = name;
    this.#limits = limits;
    this.#family = family;
    this.#folders = this.#open(family, limits);
  }

  /**
   * Takes the box to another family: what it uses from now on counts there. The kernel leaves the memory
   * it has where it is, so that is taken off its limit. No code of a learner may run in it yet.
   */
  move(family: Family): void {
    const [from, left] = [this.#folders, this.#all()];
    this.#before = { memory: this.#privateMemory(), cpu: this.usage().cpu };
    const memory = this.#limits.memory - this.#before.memory;
    this.#folders = this.#open(family, { ...this.#limits, memory });
    this.#family = family;
    for (const [controller, folder] of Object.entries(from)) {
      if (!left.includes(folder)) continue;
      left.splice(left.indexOf(folder), 1);
      moveAll(folder, this.#folders[controller]);
      if (!tryRemove(folder)) this.#former.push(folder);
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

  /** Sends SIGKILL to all of them. They die with a processor of their own, and fork no more. */
  kill(): void {
    if (!this.#isDying) {
      this.#isDying = true;
      // A box that has used its share of a tenth of a second would begin to die in the next one.
      writeLimits(this.#folders, dyingFiles(this.#version));
    }
    const left = this.processes();
    for (const pid of left) killIfAlive(pid);
    // A frozen process of version 1 dies when it is thawed.
    this.#setFrozen(false);
  }

  /** Kills all of them, until none is left or the deadline has passed; true when empty. */
  async empty(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    for (let pause = 1; ; pause = Math.min(pause * 2, 8)) {
      if (this.processes().length === 0) return true;
      if (performance.now() > end) return false;
      this.kill();
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
    const before = this.#before;
    if (this.#version === 2) {
      const cpu = /usage_usec (\d+)/.exec(readFileSync(join(cpuacct, 'cpu.stat'), 'utf8'));
      const held = readNumbers(join(memory, 'memory.current'))[0];
      return { memory: before.memory + held, cpu: before.cpu + Number(cpu?.[1] ?? 0) };
    }
    const cpu = cpuacct ? readNumbers(join(cpuacct, 'cpuacct.usage'))[0] / 1000 : 0;
    const held = readNumbers(join(memory, 'memory.usage_in_bytes'))[0];
    return { memory: before.memory + held, cpu: before.cpu + Math.round(cpu) };
  }

  /** Whether its family's limit was reached and not its own, when the kernel killed one of its processes. */
  get wasWithinItsLimit(): boolean {
    const { memory } = this.#folders;
    if (this.#version === 2) return /^oom 0$/m.test(readFileSync(join(memory, 'memory.events'), 'utf8'));
    // Its counters of refusals stay at 0 under some kernels; the kernel charges up to 64 pages at once.
    const [most, limit] = ['max_usage', 'limit'].map(
      (name) => readNumbers(join(memory, `memory.${name}_in_bytes`))[0],
    );
    return most + 64 * 4096 < limit;
  }

  /** Whether the kernel killed a process of the group for lack of memory. */
  ranOutOfMemory(): boolean {
    const file = this.#version === 2 ? 'memory.events' : 'memory.oom_control';
    const kills = /oom_kill (\d+)/.exec(readFileSync(join(this.#folders.memory, file), 'utf8'));
    return Number(kills?.[1] ?? 0) > 0;
  }

  /** Removes the group; it must be empty. */
  remove(): void {
    for (const folder of [...this.#former, ...this.#all()]) rmdirSync(folder);
    closeFamily(this.#hierarchies, this.#family);
  }

  #open(family: Family, limits: GroupLimits): Record<string, string> {
    const folders = foldersOf(this.#hierarchies, [...family.names, this.#name]);
    for (const folder of new Set(Object.values(folders))) mkdirSync(folder, { recursive: true });
    writeLimits(folders, limitFiles(this.#version, limits));
    return folders;
  }

  /** Its memory that is not a file's. */
  #privateMemory(): number {
    const text = readFileSync(join(this.#folders.memory, 'memory.stat'), 'utf8');
    const counted = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    return this.#version === 2 ? counted('anon') : counted('rss');
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
    await removeGroup(parent);
  }
}

async function removeGroup(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(folder, entry.name));
  }
  for (let tries = 0; tries < 200; tries++) {
    for (const pid of readNumbers(join(folder, 'cgroup.procs'))) killIfAlive(pid);
    if (existsSync(join(folder, 'freezer.state'))) writeFileSync(join(folder, 'freezer.state'), 'THAWED');
    if (tryRemove(folder)) return;
    await wait(10);
  }
}

function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    // A process of it has not quite ended.
    return false;
  }
}

/** Moves the processes of a group to another, those included that are forked meanwhile. */
function moveAll(from: string, to: string): void {
  for (let tries = 0; tries < 10; tries++) {
    const left = readNumbers(join(from, 'cgroup.procs'));
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        writeFileSync(join(to, 'cgroup.procs'), `${pid}`);
      } catch {
        // It has ended.
      }
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
