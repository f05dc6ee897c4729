/** What a stack leaves on a machine: its processes, control groups, mounts and folders. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process by its number and its time of birth: numbers come back. */
export type Life = `${number} ${string}`;

/** Every process below one, itself included. */
export function livesBelow(root: number): Set<Life> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? fieldsOf(Number(name))[1] : undefined;
    if (parent) parents.set(Number(name), Number(parent));
  }
  const found = new Set([root]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return new Set([...found].map((pid): Life => `${pid} ${fieldsOf(pid)[19] ?? ''}`));
}

/** The processes below one, itself excepted, whose command line holds these words. */
export function programsBelow(root: number, words: string): number[] {
  return [...livesBelow(root)]
    .map((life) => Number(life.split(' ')[0]))
    .filter((pid) => pid !== root && commandOf(pid).includes(words));
}

/** Whether a process of these goes on. */
export function lives(life: Life): boolean {
  const [pid, born] = life.split(' ');
  const fields = fieldsOf(Number(pid));
  return fields[19] === born && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** The control groups of a launcher's range that a process is in, by the name of the range's. */
export function rangeOf(life: Life): string | null {
  try {
    const text = readFileSync(`/proc/${life.split(' ')[0]}/cgroup`, 'utf8');
    return /\/(atelier-redis-\d+)\//.exec(text)?.[1] ?? null;
  } catch {
    // It has ended.
    return null;
  }
}

/** The names of what outlives processes: groups that no living launcher has locked, mounts, folders. */
export function lastingTraces(): string[] {
  const groups = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4])
    .flatMap((mount) =>
      namesIn(mount).filter((name) => name.startsWith('atelier-redis-') && !isLocked(name)),
    );
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes('/run/atelier-redis'));
  // Root's are those of commands that somebody else may be running; a stack's programs are not root.
  const folders = namesIn(tmpdir()).filter(
    (name) => name.startsWith('atelier-') && !isRoots(join(tmpdir(), name)),
  );
  return [...new Set([...groups, ...mounts, ...folders])].toSorted();
}

/** A range that is given up by one launcher is taken by the next that comes to this machine. */
function isLocked(group: string): boolean {
  const base = group.slice('atelier-redis-'.length);
  return readFileSync('/proc/net/unix', 'utf8').includes(`@atelier-redis-range-${base}\n`);
}

function isRoots(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.uid ?? 0) === 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The fields of /proc/pid/stat from the third on; none when there is no such process. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
