import { isIPv6 } from 'node:net';
import type { Wall } from '../protocol.ts';

/** Walls that root builds; a laptop without root may do without them, for whoever sits at it. */
const ofRoot = new Set(['uid', 'bounded-tmp', 'cgroup-memory', 'cgroup-pids', 'cgroup-cpu', 'freezer']);

/**
 * The walls whose absence is a reason not to start: all of them, but that an operator without root who
 * serves this machine alone can do without those that need it.
 */
export function refusedWalls(walls: readonly Wall[], privileged: boolean, host: string): Wall[] {
  const isAlone = host === 'localhost' || host === '::1' || (!isIPv6(host) && host.startsWith('127.'));
  const missing = walls.filter(({ stands }) => !stands);
  return privileged || !isAlone ? missing : missing.filter(({ name }) => !ofRoot.has(name));
}
