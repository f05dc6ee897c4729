/**
 * Where everything a box binds is. With root, a folder of the launcher's own mount namespace holds
 * it, so that a clone or a data folder below a 0700 parent works, two launchers do not meet, and
 * nothing of it outlives the launcher. Without root, the operator's own paths are used as they are.
 */
import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { librariesOf } from './libraries.ts';
import { packageClosure } from './packages.ts';
import { redisStackIn, type RedisStack } from './redis-stack.ts';

const run = promisify(execFile);

/** Paths of the host that the operator or the set-up names. */
export interface HostPaths {
  /** The clone. */
  app: string;
  /** What is kept (ATELIER_DATA); the trusted programs can write there. */
  data?: string;
  /** The folder of Redis Stack, with bin/ and lib/. */
  redisStack?: string;
  /** The Python that runs kernels; /usr/bin/python3 when absent. */
  python?: string;
  /** The folder with the packages installed for it (redis-py). */
  pythonPackages?: string;
  /** The folder with Go's toolchain and the archives built in advance. */
  go?: string;
}

/** A file or folder of the host and where a box sees it. */
export type Bind = [source: string, target: string];

/** All that box.ts needs to know of the machine. Paths are the launcher's. */
export interface Places {
  /** The launcher's own folder. */
  run: string;
  /** The user of the trusted programs. */
  owner: { uid: number; gid: number };
  app: string;
  data: string | null;
  node: string;
  prlimit: string;
  inside: string;
  packages: { typescript: Bind[]; terminal: Bind[] };
  libraries: { limits: string[]; node: string[]; redis: string[]; client: string[]; python: string[] };
  redisStack: RedisStack | null;
  python: { interpreter: string; library: string; packages: string } | null;
  go: string | null;
}

/** The launcher's folder: fixed inside its mount namespace, one a process without root. */
export function runFolder(privileged: boolean): string {
  if (privileged) return '/run/atelier-redis';
  const data = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
  return join(data, 'atelier-redis', 'run', `${process.pid}`);
}

/** Makes the launcher's folder and finds every program; mounts only in a mount namespace of its own. */
export async function preparePlaces(
  paths: HostPaths,
  owner: Places['owner'],
  privileged: boolean,
): Promise<Places> {
  const folder = runFolder(privileged);
  mkdirSync(folder, { recursive: true });
  if (privileged) {
    requireOwnMounts();
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1g,mode=0755,nosuid,nodev', 'tmpfs', folder]);
  }
  for (const name of ['slots', 'binaries', 'hosts']) mkdirSync(join(folder, name), { mode: 0o711 });
  const expose = async (
    name: string,
    source: string | undefined,
    writable = false,
  ): Promise<string | null> => {
    if (!source || !existsSync(source)) return null;
    if (!privileged) return realpathSync(source);
    await bind(realpathSync(source), join(folder, name), writable);
    return join(folder, name);
  };
  const app = (await expose('app', paths.app))!;
  const data = await expose('data', paths.data, true);
  if (data && privileged) chownSync(data, owner.uid, owner.gid);
  const node = (await expose('node', process.execPath))!;
  const redisFolder = await expose('redis-stack', paths.redisStack);
  const redisStack = redisFolder ? redisStackIn(redisFolder) : null;
  const prlimit = realpathSync('/usr/bin/prlimit');
  const python = await findPython(
    paths.python ?? '/usr/bin/python3',
    await expose('python', paths.pythonPackages),
  );
  const go = await expose('go', paths.go);
  const packages = {
    typescript: packageBinds(app, ['ioredis', 'acorn']),
    terminal: packageBinds(app, ['@lydell/node-pty']),
  };
  const libraries = async (files: string[]): Promise<string[]> => librariesOf([prlimit, ...files]);
  const nodeLibraries = await libraries([node]);
  // glibc loads this one by name when a thread of CPython ends: no program links to it.
  const threadEnd = nodeLibraries.filter((path) => path.endsWith('/libgcc_s.so.1'));
  return {
    run: folder,
    owner,
    app,
    data,
    node,
    prlimit,
    inside: join(app, 'sandbox', 'inside'),
    packages,
    libraries: {
      limits: await libraries([]),
      node: nodeLibraries,
      redis: redisStack ? await libraries([redisStack.server, ...Object.values(redisStack.modules)]) : [],
      client: redisStack ? await libraries([node, redisStack.client, ...addonsOf(packages.terminal)]) : [],
      python: python
        ? [...(await libraries([python.interpreter, ...extensionsOf(python.library)])), ...threadEnd]
        : [],
    },
    redisStack,
    python,
    go,
  };
}

/** Removes the folder of an unprivileged launcher; a privileged one's goes with its namespace. */
export function removePlaces(privileged: boolean): void {
  if (!privileged) rmSync(runFolder(false), { recursive: true, force: true });
}

/** Removes the folders of unprivileged launchers that are dead. */
export function removeLeftOverPlaces(): void {
  const parent = join(runFolder(false), '..');
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    if (!existsSync(join('/proc', name))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** A mount made in the machine's own namespace would be seen by everybody and outlive us. */
function requireOwnMounts(): void {
  const ours = readlinkSync('/proc/self/ns/mnt');
  if (ours === readlinkSync(`/proc/${process.ppid}/ns/mnt`)) {
    throw new Error(
      'the launcher needs a mount namespace of its own: start it with unshare --mount --propagation private',
    );
  }
}

async function bind(source: string, target: string, writable: boolean): Promise<void> {
  const status = statSync(source);
  if (status.isDirectory() && (status.mode & 0o001) === 0 && !writable) {
    // A bind keeps the folder's own mode, through which a slot could not pass: bind what it holds.
    mkdirSync(target, { mode: 0o755 });
    for (const name of readdirSync(source)) {
      if (!lstatSync(join(source, name)).isSymbolicLink())
        await bind(join(source, name), join(target, name), false);
    }
    return;
  }
  if (status.isDirectory()) mkdirSync(target);
  else writeFileSync(target, '');
  await run('mount', ['-o', `bind,nosuid,nodev,${writable ? 'rw' : 'ro'}`, source, target]);
}

function packageBinds(app: string, names: string[]): Bind[] {
  const folder = join(app, 'node_modules');
  return packageClosure(folder, names).map((name) => [join(folder, name), `/app/node_modules/${name}`]);
}

/** The native parts of packages: they link to libraries of their own. */
function addonsOf(packages: Bind[]): string[] {
  return packages.flatMap(([folder]) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.node'))
      .map((name) => join(folder, name)),
  );
}

/** Without its client a Python kernel has nothing to teach: then it is as absent as without Python. */
async function findPython(interpreter: string, packages: string | null): Promise<Places['python']> {
  if (!packages || !existsSync(interpreter)) return null;
  const { stdout } = await run(interpreter, ['-I', '-c', 'import os; print(os.path.dirname(os.__file__))']);
  return { interpreter: realpathSync(interpreter), library: stdout.trim(), packages };
}

function extensionsOf(library: string): string[] {
  const folder = join(library, 'lib-dynload');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.so'))
    .map((name) => join(folder, name));
}
