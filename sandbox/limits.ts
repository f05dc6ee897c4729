/** The hard limits of a box, as values: what prlimit gets, and what the cgroup files get. */
import type { Job, Program } from './run.ts';

const MiB = 1024 * 1024;

/** Resource limits of every process in the box, by prlimit's long option names. Sizes in bytes. */
export interface ResourceLimits {
  nproc: number;
  data: number;
  fsize: number;
  nofile: number;
  core: 0;
  memlock: 0;
  msgqueue: 0;
}

/** Limits of the box as a whole. Memory in bytes, cpu in thousandths of a core. */
export interface GroupLimits {
  memory: number;
  pids: number;
  cpu: number;
}

/** What all boxes of one learner may use together. Memory in bytes; the weight is that of one box of nobody's. */
export interface LearnerLimits {
  memory: number;
}

/** The ceiling of a learner: every box may be full once, not all of them at the same time. */
export const learnerLimits: LearnerLimits = { memory: 2048 * MiB };

/**
 * What a program's address space needs beyond the memory it is given: RLIMIT_DATA counts V8's
 * 512 MiB code range once per isolate, Go's arenas, and the stacks of every thread.
 */
const dataBeyondMemory: Record<Program, number> = {
  typescript: 1144,
  terminal: 640,
  python: 128,
  go: 320,
  'go-compiler': 320,
  redis: 192,
  topology: 640,
};

/** Threads count as processes: V8, Go's scheduler and Redis' background threads need theirs. */
const processes: Record<Program, number> = {
  typescript: 32,
  terminal: 32,
  python: 32,
  go: 48,
  'go-compiler': 64,
  redis: 24,
  topology: 160,
};

const openFiles: Record<Program, number> = {
  typescript: 1024,
  terminal: 128,
  python: 1024,
  go: 1024,
  'go-compiler': 1024,
  redis: 4096,
  topology: 4096,
};

/** The resource limits of a job's processes. */
export function resourceLimits(job: Job): ResourceLimits {
  return {
    nproc: processes[job.program],
    data: (job.memory + dataBeyondMemory[job.program]) * MiB,
    fsize: job.disk * MiB,
    nofile: openFiles[job.program],
    core: 0,
    memlock: 0,
    msgqueue: 0,
  };
}

/** The limits of a job's cgroup. The two bwrap processes around the program count among its pids. */
export function groupLimits(job: Job): GroupLimits {
  return {
    memory: job.memory * MiB,
    pids: processes[job.program] + 8,
    cpu: job.program === 'go-compiler' ? 2000 : 1000,
  };
}

/** prlimit's options for a set of limits; soft and hard alike. */
export function prlimitArguments(limits: ResourceLimits): string[] {
  return Object.entries(limits).map(([name, value]) => `--${name}=${value}`);
}

/** Mount options of the box's /tmp: bounded in bytes and in files, nothing on it can be executed. */
export function temporaryOptions(job: Job, uid: number): string {
  // The host, who is not root, must reach the socket of a redis box before the folder is sealed.
  const mode = job.program === 'redis' || job.program === 'topology' ? '0711' : '0700';
  return `size=${job.disk}m,nr_inodes=1024,mode=${mode},uid=${uid},gid=${uid},noexec,nosuid,nodev`;
}
