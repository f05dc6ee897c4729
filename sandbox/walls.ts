/** Which walls stand on this machine, found by looking from outside at a real box that waits. */
import { readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Confinement, type Ground } from './confinement.ts';
import type { Job, Wall } from './run.ts';

const namespaces = ['user', 'pid', 'net', 'mnt', 'ipc', 'uts', 'cgroup'];
const patienceMs = 5000;

/** Starts a box, reads what the kernel says of its program, and kills it. */
export async function probeWalls(ground: Ground): Promise<Wall[]> {
  const job: Job = { program: ground.places.redisStack ? 'redis' : 'typescript', memory: 128, disk: 1 };
  const listening = await Listening.open(join(ground.places.run, 'probe.sock'));
  try {
    const [control, stdout, stderr] = await Promise.all([
      listening.pair(),
      listening.pair(),
      listening.pair(),
    ]);
    const box = new Confinement(ground, job, { control, stdout, stderr }, (listener) => listener.close());
    try {
      const program = await programOf(box);
      if (program === null) {
        const why = listening.text.trim() || 'bwrap did not start';
        return [{ name: 'box', stands: false, why }];
      }
      return wallsOf(program, ground, box);
    } finally {
      await box.kill();
    }
  } finally {
    listening.close();
  }
}

/** The process that runs the program: below process 1 of the box, once the limits were set. */
async function programOf(box: Confinement): Promise<number | null> {
  const end = new AbortController();
  void box.exited.then(() => end.abort());
  for (let waited = 0; waited < patienceMs && !end.signal.aborted; waited += 5) {
    const child = childOf(box.firstProcess);
    if (child && !/^(bwrap|prlimit)$/.test(readFileSync(`/proc/${child}/comm`, 'utf8').trim())) return child;
    await wait(5);
  }
  return null;
}

function childOf(pid: number | null): number | null {
  if (pid === null) return null;
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]) || null;
  } catch {
    return null;
  }
}

function wallsOf(pid: number, ground: Ground, box: Confinement): Wall[] {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const status = read('status');
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const mounts = read('mountinfo')
    .split('\n')
    .map((line) => line.split(' '));
  const optionsOf = (target: string): string[] =>
    mounts.find((mount) => mount[4] === target)?.[5]?.split(',') ?? [];
  const shared = namespaces.filter((name) => sameNamespace(pid, name));
  const limits = read('limits');
  const limited = (name: string): boolean => !new RegExp(`^Max ${name} +\\S+ +unlimited`, 'm').test(limits);
  const controllers = Object.keys(ground.hierarchies?.mounts ?? {});
  const group = (name: string): boolean =>
    controllers.includes(name) && read('cgroup').includes('atelier-redis-');
  const noRoot = 'needs a launcher started as root';
  const noGroup = ground.privileged ? 'no writable cgroup hierarchy with this controller' : noRoot;
  return [
    wall('uid', ground.privileged && statSync(`/proc/${pid}`).uid === box.uid, noRoot),
    wall('namespaces', shared.length === 0, `shared with the machine: ${shared.join(', ')}`),
    wall('capabilities', /^0+$/.test(field('CapEff')) && /^0+$/.test(field('CapBnd')), field('CapEff')),
    wall('no-new-privileges', field('NoNewPrivs') === '1', 'not set'),
    wall('seccomp', field('Seccomp') === '2', 'the kernel has no seccomp filters'),
    wall(
      'read-only-root',
      ['/', '/dev'].every((target) => optionsOf(target).includes('ro')),
      'writable',
    ),
    wall(
      'bounded-tmp',
      optionsOf('/tmp').includes('noexec'),
      `programs can be executed from /tmp: ${noRoot}`,
    ),
    wall(
      'rlimits',
      ['data size', 'processes', 'file size', 'open files'].every(limited),
      'prlimit had no effect',
    ),
    wall('cgroup-memory', group('memory'), noGroup),
    wall('cgroup-pids', group('pids'), noGroup),
    wall('cgroup-cpu', group('cpu'), noGroup),
    wall('freezer', group('freezer'), `${noGroup}; SIGSTOP instead`),
  ];
}

function wall(name: string, stands: boolean, why: string): Wall {
  return stands ? { name, stands } : { name, stands, why };
}

function sameNamespace(pid: number, name: string): boolean {
  return readlinkSync(`/proc/${pid}/ns/${name}`) === readlinkSync(`/proc/self/ns/${name}`);
}

/** A socket of our own to stand where a host's would: keeps the beginning of what the box says. */
class Listening {
  text = '';
  readonly #path: string;
  readonly #server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(0, 2000)));
    socket.on('error', () => {});
  });

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(path: string): Promise<Listening> {
    const listening = new Listening(path);
    rmSync(path, { force: true });
    await new Promise<void>((resolve) => listening.#server.listen(path, resolve));
    return listening;
  }

  pair(): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(this.#path, () => resolve(socket));
      socket.pause();
    });
  }

  close(): void {
    this.#server.close();
    rmSync(this.#path, { force: true });
  }
}
