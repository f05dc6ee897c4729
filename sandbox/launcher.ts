/**
 * The launcher: the only process that keeps root. `node sandbox/launcher.ts <config JSON>`, in a
 * mount namespace of its own (`unshare --mount --propagation private`) when it is root.
 *
 * It makes its folder, locks a range of uids, cleans up after dead launchers, starts the trusted
 * programs as the system user, and does for hosts the fixed jobs of wire.ts: nothing else, no network,
 * no parsing of what a box writes. A box dies with the launcher (PDEATHSIG), a trusted program too.
 */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { findHierarchies, rangesWithGroups, removeGroups } from './cgroup.ts';
import type { Ground } from './confinement.ts';
import { HostLink, type Tell } from './hosts.ts';
import { preparePlaces, removeLeftOverPlaces, removePlaces, type HostPaths } from './places.ts';
import { closeInheritedDescriptors, usedUids } from './processes.ts';
import { ProgramKeeper, type TrustedProgram } from './programs.ts';
import { machineOf, seccompBytes } from './seccomp.ts';
import { lockRange, rangeSize, Slots, tryLock } from './slots.ts';
import { probeWalls } from './walls.ts';

/** What the launcher is started with. */
export interface LauncherConfig {
  /** The system user of the trusted programs. */
  user: string;
  paths: HostPaths;
  programs: TrustedProgram[];
}

const privileged = process.getuid!() === 0;

async function main(config: LauncherConfig): Promise<void> {
  process.umask(0o022);
  closeInheritedDescriptors();
  // Whoever read what we say may be gone: that must not end us before the boxes are.
  process.stderr.on('error', () => {});
  const owner = ownerOf(config);
  if (!privileged) removeLeftOverPlaces();
  const places = await preparePlaces(config.paths, owner, privileged);
  const range = privileged ? await lockRange() : null;
  const hierarchies = privileged ? findHierarchies() : null;
  if (hierarchies) {
    await removeGroups(hierarchies, range!.base);
    for (const base of rangesWithGroups(hierarchies)) {
      const lock = await tryLock(base);
      if (!lock) continue;
      await removeGroups(hierarchies, base);
      lock.close();
    }
  }
  const base = range?.base ?? 0;
  const strangers = privileged ? [...usedUids(base, rangeSize)].map((uid) => uid - base) : [];
  const filter = join(places.run, 'seccomp.bpf');
  writeFileSync(filter, seccompBytes(machineOf(process.arch)));
  const ground: Ground = {
    privileged,
    places,
    hierarchies,
    slots: new Slots(rangeSize, strangers),
    opening: new Set(),
    base,
    filter,
    bwrap: 'bwrap',
  };

  guardOpenings(ground);

  let walls: ReturnType<typeof probeWalls> | null = null;
  const links = new Set<HostLink>();
  const serve = (name: string, user: typeof owner, tell: Tell): HostLink => {
    const folder = join(places.run, 'hosts', name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (privileged) chownSync(folder, user.uid, user.gid);
    const link = new HostLink(ground, folder, tell, () => (walls ??= probeWalls(ground)));
    links.add(link);
    return link;
  };

  if (config.programs.length > 0) {
    walls = probeWalls(ground);
    const none = (await walls).find(({ name, stands }) => name === 'box' && !stands);
    if (none) {
      process.stderr.write(`no box can be started on this machine: ${none.why}\n`);
      if (hierarchies) await removeGroups(hierarchies, base);
      removePlaces(privileged);
      process.exit(1);
    }
  }
  const replacements = { app: places.app, data: places.data ?? '', node: places.node, run: places.run };
  const keepers = config.programs.map(
    (program) =>
      new ProgramKeeper(program, {
        user: privileged ? owner : null,
        replacements,
        onStart: (child) => {
          if (program.role === 'host') attach(child, serve(program.name, owner, sender(child)), links);
        },
      }),
  );

  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await Promise.all(keepers.map((keeper) => keeper.stop(signal)));
    await Promise.all([...links].map((link) => link.close()));
    if (hierarchies) await removeGroups(hierarchies, base);
    removePlaces(privileged);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  process.on('disconnect', () => void stop('SIGTERM'));
  // A parent that dies without a word (no IPC channel, no signal) leaves us to another one.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && void stop('SIGTERM'), 1000);

  if (process.send) {
    const link = serve('parent', { uid: process.getuid!(), gid: process.getgid!() }, sender(process));
    process.on('message', (message) => void link.receive(message));
    process.send({ op: 'ready', privileged });
  }
}

/**
 * A box's channel is parsed by Node before we see a message: what is not JSON throws out of nowhere, a
 * line without end is kept in memory. Openers are ours, but a Go one is linked with a learner's code.
 */
function guardOpenings({ opening }: Ground): void {
  const killAll = async (why: string): Promise<void> => {
    process.stderr.write(`launcher: ${opening.size} boxes killed while they opened: ${why}\n`);
    await Promise.all([...opening].map((box) => box.kill()));
  };
  process.on('uncaughtException', (error) => {
    if (opening.size === 0) throw error;
    void killAll(error.message);
  });
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const isFull = (): boolean => process.memoryUsage().heapUsed > mostMemory;
  const watch = async (): Promise<void> => {
    if (isFull()) {
      // What dead boxes said is still there until somebody looks.
      collect();
      if (opening.size > 0 && isFull()) await killAll('too much was said');
    }
    setTimeout(() => void watch(), 100);
  };
  void watch();
}

const mostMemory = 256 * 1024 * 1024;

function attach(child: ChildProcess, link: HostLink, links: Set<HostLink>): void {
  child.on('message', (message) => void link.receive(message));
  child.once('exit', () => void link.close().then(() => links.delete(link)));
}

/** Sends to a process at the other end of an IPC channel; a handle is closed here once it has left. */
function sender(channel: NodeJS.Process | ChildProcess): Tell {
  return (message, handle?: Server) => {
    if (channel.connected) channel.send?.(message, handle, {}, () => handle?.close());
    else handle?.close();
  };
}

function ownerOf(config: LauncherConfig): { uid: number; gid: number } {
  if (!privileged || config.programs.length === 0) return { uid: process.getuid!(), gid: process.getgid!() };
  const number = (option: string): number =>
    Number(execFileSync('id', [option, config.user], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

try {
  const config: LauncherConfig = JSON.parse(process.argv[2] ?? '');
  await main(config);
} catch (error) {
  process.stderr.write(`launcher: ${error instanceof Error ? error.message : String(error)}\n`);
  removePlaces(privileged);
  process.exit(1);
}
