/** The argv of bwrap for each program: a pure function, so that a test reads every wall it builds. */
import { join } from 'node:path';
import { prlimitArguments, resourceLimits } from './limits.ts';
import type { Bind, Places } from './places.ts';
import type { Job, Program } from './run.ts';
import { Refusal } from './wire.ts';

/** What of the launcher's state a box's argv depends on. */
export interface BoxSetting {
  places: Places;
  /** The slot's bounded tmpfs to bind at /tmp; null lets bwrap mount one (it can then hold programs). */
  temporary: string | null;
  /** Where a redis box puts its socket. */
  socketFolder: string;
}

/** The descriptors of a box, in order: what bwrap's process finds at 0, 1, 2, 3 … */
export type Descriptor = 'null' | 'control' | 'stdout' | 'stderr' | 'ipc' | 'seccomp' | 'status' | 'state';

/** How a program is started inside, and what of the machine it sees. */
interface Recipe {
  binds: Bind[];
  environment: Record<string, string>;
  command: string[];
}

/** The descriptors a program gets; those it has no use for are not there at all. */
export function boxDescriptors(program: Program, state = false): Descriptor[] {
  if (program === 'redis')
    return ['control', 'stdout', 'stderr', 'seccomp', 'status', ...(state ? ['state' as const] : [])];
  if (program === 'go-compiler' || program === 'topology')
    return ['null', 'stdout', 'stderr', 'control', 'seccomp', 'status'];
  return ['null', 'stdout', 'stderr', 'control', 'ipc', 'seccomp', 'status'];
}

/** bwrap's arguments for a job. Throws `unavailable` when the program is not on this machine. */
export function boxArguments(job: Job, setting: BoxSetting): string[] {
  const { places, temporary } = setting;
  const recipe = recipes[job.program](job, setting);
  const descriptors = boxDescriptors(job.program, job.state);
  const environment = { HOME: '/tmp', PATH: '/bin', ...recipe.environment };
  if (descriptors.includes('ipc')) {
    Object.assign(environment, {
      NODE_CHANNEL_FD: `${descriptors.indexOf('ipc')}`,
      NODE_CHANNEL_SERIALIZATION_MODE: 'json',
      ...(job.ports && { ATELIER_PORTS: job.ports.join(',') }),
    });
  }
  const binds: Bind[] = [
    [places.prlimit, '/bin/prlimit'],
    [join(places.inside, 'etc'), '/etc'],
    ...recipe.binds,
  ];
  return [
    ...words('--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --hostname lecon'),
    ...words('--die-with-parent --new-session --cap-drop ALL'),
    ...binds.flatMap(([source, target]) => ['--ro-bind', source, target]),
    '--proc',
    '/proc',
    ...devices(job.program),
    ...(temporary
      ? ['--bind', temporary, '/tmp']
      : ['--size', `${job.disk * 1024 * 1024}`, '--tmpfs', '/tmp']),
    ...(hasSockets(job.program) ? ['--bind', setting.socketFolder, '/socket'] : []),
    // Nobody but bubblewrap, with the slot's uid, reads what was saved; /tmp bounds it.
    ...(job.state ? ['--file', `${descriptors.indexOf('state')}`, '/tmp/dump.rdb'] : []),
    ...words('--remount-ro /dev --remount-ro / --chdir /tmp --clearenv'),
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...words(`--seccomp ${descriptors.indexOf('seccomp')} --json-status-fd ${descriptors.indexOf('status')}`),
    '--',
    '/bin/prlimit',
    ...prlimitArguments(resourceLimits(job)),
    '--',
    ...recipe.command,
  ];
}

/** Whether a program puts sockets where the host finds them. */
export function hasSockets(program: Program): boolean {
  return program === 'redis' || program === 'topology';
}

/** Only a terminal needs PTYs; elsewhere the pool of them, which the machine shares, is not there. */
function devices(program: Program): string[] {
  if (program === 'terminal') return ['--dev', '/dev'];
  const names = ['null', 'zero', 'full', 'random', 'urandom'];
  return ['--tmpfs', '/dev', ...names.flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`])];
}

const words = (text: string): string[] => text.split(' ');

const asIs = (files: string[]): Bind[] => files.map((file) => [file, file]);

const recipes: Record<Program, (job: Job, setting: BoxSetting) => Recipe> = {
  typescript: (job, { places }) => ({
    binds: [
      ...asIs(places.libraries.node),
      [places.node, '/bin/node'],
      [places.inside, '/app/inside'],
      ...places.packages.typescript,
    ],
    environment: { NODE_ENV: 'production' },
    command: [
      '/bin/node',
      // Buffers and WebAssembly are outside the heap: RLIMIT_DATA and the cgroup hold those.
      `--max-old-space-size=${Math.max(64, Math.floor(job.memory / 2))}`,
      ...words('--max-semi-space-size=2 --v8-pool-size=1 --no-force-async-hooks-checks'),
      '--permission',
      '--allow-fs-read=*',
      '--allow-fs-write=/tmp',
      '--allow-worker',
      '--allow-inspector',
      ...words('--disable-warning=ExperimentalWarning --disable-warning=SecurityWarning'),
      '/app/inside/typescript/kernel.ts',
    ],
  }),
  terminal: (_job, { places }) => ({
    binds: [
      ...asIs(places.libraries.client),
      [places.node, '/bin/node'],
      [places.inside, '/app/inside'],
      [required(places.redisStack, 'Redis Stack').client, '/bin/redis-cli'],
      ...places.packages.terminal,
    ],
    environment: { TERM: 'xterm-256color' },
    command: [
      '/bin/node',
      ...words('--max-old-space-size=48 --max-semi-space-size=1 --v8-pool-size=1'),
      '/app/inside/terminal.ts',
    ],
  }),
  python: (_job, { places }) => {
    const python = required(places.python, 'Python');
    return {
      binds: [
        ...asIs(places.libraries.python),
        [python.interpreter, '/usr/bin/python3'],
        [python.library, python.library],
        [places.inside, '/app/inside'],
        [python.packages, '/python'],
      ],
      environment: { PYTHONPATH: '/python', PYTHONDONTWRITEBYTECODE: '1' },
      command: ['/usr/bin/python3', '/app/inside/python/kernel.py'],
    };
  },
  go: (job, { places }) => ({
    binds: [...asIs(places.libraries.limits), [join(places.run, 'binaries', job.binary!), '/app/program']],
    environment: { GOMAXPROCS: '2', GOMEMLIMIT: `${Math.floor(job.memory * 0.8)}MiB` },
    command: ['/app/program'],
  }),
  'go-compiler': (_job, { places }) => {
    const go = required(places.go, 'Go');
    return {
      binds: [
        ...asIs(places.libraries.node),
        [places.node, '/bin/node'],
        [places.inside, '/app/inside'],
        [go, '/go'],
      ],
      environment: {},
      command: ['/bin/node', '/app/inside/go/compiler.ts'],
    };
  },
  topology: (_job, { places }) => topology(places),
  redis: (_job, { places }) => {
    const stack = required(places.redisStack, 'Redis Stack');
    return {
      binds: [
        ...asIs(places.libraries.redis),
        [stack.server, '/bin/redis-server'],
        ...Object.entries(stack.modules).map(([name, path]): Bind => [path, `/modules/${name}`]),
      ],
      environment: {},
      command: ['/bin/redis-server', '-'],
    };
  },
};

function topology(places: Places): Recipe {
  const stack = required(places.redisStack, 'Redis Stack');
  return {
    binds: [
      ...asIs([...new Set([...places.libraries.node, ...places.libraries.redis])]),
      [places.node, '/bin/node'],
      [places.inside, '/app/inside'],
      [stack.server, '/bin/redis-server'],
    ],
    environment: {},
    command: [
      '/bin/node',
      ...words('--max-old-space-size=48 --max-semi-space-size=1 --v8-pool-size=1'),
      '/app/inside/topology.ts',
    ],
  };
}

function required<T>(place: T | null, name: string): T {
  if (!place) throw new Refusal('unavailable', `${name} is not installed`);
  return place;
}

/** The programs that this machine has what it takes to run. */
export function installedPrograms(places: Places): Program[] {
  const { redisStack, python, go } = places;
  return [
    'typescript',
    'go',
    ...(redisStack ? (['redis', 'topology', 'terminal'] satisfies Program[]) : []),
    ...(python ? (['python'] satisfies Program[]) : []),
    ...(go ? (['go-compiler'] satisfies Program[]) : []),
  ];
}
