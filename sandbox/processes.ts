/** What /proc tells of processes, for the walls that work without cgroups. */
import { closeSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { Usage } from './wire.ts';

/** The processes of the machine, as this process sees them. */
export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The uids in [base, base + size) that own a living process now. */
export function usedUids(base: number, size: number): Set<number> {
  const isOurs = (uid: number | undefined): uid is number =>
    uid !== undefined && uid >= base && uid < base + size;
  const uids = allProcesses().map((pid) => {
    const uid = attempt(() => statSync(`/proc/${pid}`).uid) ?? undefined;
    return isOurs(uid) && isAlive(pid) ? uid : undefined;
  });
  return new Set(uids.filter(isOurs));
}

/** The processes below one, itself included, children of other pid namespaces too. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = fieldsOf(pid)?.[1];
    if (parent === undefined) continue;
    const siblings = children.get(Number(parent));
    if (siblings) siblings.push(pid);
    else children.set(Number(parent), [pid]);
  }
  const found = [root];
  for (let next = 0; next < found.length; next++) found.push(...(children.get(found[next]) ?? []));
  return found;
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const state = fieldsOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Resident memory and processor time of a process and all below it. */
export function usageOf(root: number): Usage {
  const usage = { memory: 0, cpu: 0 };
  for (const pid of descendants(root)) {
    const fields = fieldsOf(pid);
    if (!fields) continue;
    // utime and stime in hundredths of a second, resident pages of 4 KiB.
    usage.cpu += (Number(fields[11]) + Number(fields[12])) * 10_000;
    usage.memory += Number(fields[21]) * 4096;
  }
  return usage;
}

/** The fields of /proc/pid/stat from the third on: a command's name can hold spaces and parentheses. */
function fieldsOf(pid: number): string[] | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text ? text.slice(text.lastIndexOf(')') + 2).split(' ') : null;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    // The process ended while we looked.
    return null;
  }
}

/**
 * Closes what this process inherited and would pass on to every child: descriptors above the
 * standard three that are not close-on-exec (Node's own all are).
 */
export function closeInheritedDescriptors(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const info = attempt(() => readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'));
    const flags = Number.parseInt(/flags:\s+(\d+)/.exec(info ?? '')?.[1] ?? '0', 8);
    if (info && Number(name) > 2 && (flags & closeOnExec) === 0) closeSync(Number(name));
  }
}

const closeOnExec = 0o2000000;
