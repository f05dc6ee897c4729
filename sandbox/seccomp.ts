/**
 * The system call filter of a box, as classic BPF. One list of refused calls with their numbers on
 * both machines; a call that is not listed is allowed, because the programs behind it (V8, Go,
 * CPython, Redis) change theirs with each version, and namespaces, the uid and the absence of
 * capabilities stand behind this wall.
 *
 * Refused: whatever builds or enters namespaces, mounts, tracing and memory of other processes,
 * loading code into the kernel, asynchronous submission that no filter sees (io_uring), memory that
 * no rlimit counts (memfd, System V and POSIX queues), devices and FIFOs, keyrings, clocks, and every
 * socket family but Unix and IP. What boxes are bound to is the same file for all of them, so its locks
 * and its events would be channels between learners: events are refused, locks are answered as if they
 * were granted, because Redis and SQLite do not start without theirs.
 */

/** The machines a filter can be made for, as Node names them. */
export type Machine = 'x64' | 'arm64';

/** What the kernel hands to a filter: `struct seccomp_data`. */
export interface SystemCall {
  arch: number;
  number: number;
  args: number[];
}

/** AUDIT_ARCH_* of each machine; 32-bit calls carry another one and kill the process. */
export const auditArch: Record<Machine, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Calls answered EPERM: [x86_64 number, aarch64 number], null where the call does not exist. */
export const refused: Record<string, [number | null, number | null]> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  chroot: [161, 51],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  inotify_init: [253, null],
  inotify_init1: [294, 26],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioperm: [173, null],
  iopl: [172, null],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  listmount: [458, 458],
  lookup_dcookie: [212, 18],
  mbind: [237, 235],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  migrate_pages: [256, 238],
  mknod: [133, null],
  mknodat: [259, 33],
  modify_ldt: [154, null],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  mq_open: [240, 180],
  msgget: [68, 186],
  name_to_handle_at: [303, 264],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  process_madvise: [440, 440],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  semget: [64, 190],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: [450, 450],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  shmget: [29, 194],
  statmount: [457, 457],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, null],
  userfaultfd: [323, 282],
  ustat: [136, null],
  vhangup: [153, 58],
};

/** Calls judged by an argument, or answered with another error. */
export const judged: Record<string, [number, number]> = {
  clone: [56, 220],
  clone3: [435, 435],
  fcntl: [72, 25],
  flock: [73, 32],
  ioctl: [16, 29],
  socket: [41, 198],
};

/** The machine of an architecture as Node names it; throws where no filter can be made. */
export function machineOf(arch: string): Machine {
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`no system call filter for ${arch}`);
  return arch;
}

const column: Record<Machine, 0 | 1> = { x64: 0, arm64: 1 };

/** EPERM, ENOSYS and EAFNOSUPPORT of Linux. */
export const errors = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };

const allow = 0x7fff0000;
const kill = 0x80000000;
const refuse = (code: number): number => 0x00050000 | code;
/** An error of none: the call returns 0 and has done nothing. */
const granted = refuse(0);

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME exists in clone3 and unshare only. */
const newNamespaces = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;
/** AF_UNIX, AF_INET, AF_INET6. */
const families = [1, 2, 10];
/** F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW. */
const locks = [6, 7, 37, 38];
/** F_SETLEASE, F_NOTIFY: told when somebody else opens a file. */
const fileEvents = [1024, 1026];
/** TIOCSTI types into a terminal, TIOCLINUX pastes into a console. */
const terminalTricks = [0x5412, 0x541c];
/** x32 calls on x86_64 have this bit: another table of numbers that would walk around the filter. */
const x32 = 0x40000000;

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfSet = 0x45;
const answer = 0x06;

/** One BPF instruction: code, jump if true, jump if false, operand. */
export type Instruction = [code: number, yes: number, no: number, operand: number];

/** The filter for a machine, as instructions. */
export function seccompFilter(machine: Machine): Instruction[] {
  const at = column[machine];
  const number = (name: string): number => judged[name][at];
  const program: Instruction[] = [
    [load, 0, 0, 4],
    [jumpIfEqual, 1, 0, auditArch[machine]],
    [answer, 0, 0, kill],
    [load, 0, 0, 0],
  ];
  if (machine === 'x64') program.push([jumpIfAtLeast, 0, 1, x32], [answer, 0, 0, refuse(errors.ENOSYS)]);
  for (const name of Object.keys(refused).toSorted()) {
    const call = refused[name][at];
    if (call !== null) program.push([jumpIfEqual, 0, 1, call], [answer, 0, 0, refuse(errors.EPERM)]);
  }
  // clone3 hides its flags behind a pointer; libraries fall back to clone when it does not exist.
  program.push([jumpIfEqual, 0, 1, number('clone3')], [answer, 0, 0, refuse(errors.ENOSYS)]);
  program.push(
    [jumpIfEqual, 0, 4, number('clone')],
    [load, 0, 0, 16],
    [jumpIfSet, 0, 1, newNamespaces],
    [answer, 0, 0, refuse(errors.EPERM)],
    [answer, 0, 0, allow],
  );
  program.push([jumpIfEqual, 0, families.length + 3, number('socket')], [load, 0, 0, 16]);
  families.forEach((family, index) => program.push([jumpIfEqual, families.length - index, 0, family]));
  program.push([answer, 0, 0, refuse(errors.EAFNOSUPPORT)], [answer, 0, 0, allow]);
  program.push([jumpIfEqual, 0, terminalTricks.length + 3, number('ioctl')], [load, 0, 0, 24]);
  terminalTricks.forEach((request, index) =>
    program.push([jumpIfEqual, terminalTricks.length - index, 0, request]),
  );
  program.push([answer, 0, 0, allow], [answer, 0, 0, refuse(errors.EPERM)]);
  program.push([jumpIfEqual, 0, 1, number('flock')], [answer, 0, 0, granted]);
  const commands = [...fileEvents, ...locks];
  program.push([jumpIfEqual, 0, commands.length + 4, number('fcntl')], [load, 0, 0, 24]);
  commands.forEach((command, index) =>
    program.push([jumpIfEqual, commands.length - index + (index < fileEvents.length ? 0 : 1), 0, command]),
  );
  program.push([answer, 0, 0, allow], [answer, 0, 0, refuse(errors.EPERM)], [answer, 0, 0, granted]);
  program.push([answer, 0, 0, allow]);
  return program;
}

/** The bytes bwrap's --seccomp reads: little-endian `struct sock_filter`, eight bytes each. */
export function seccompBytes(machine: Machine): Buffer {
  const program = seccompFilter(machine);
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, yes, no, operand], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(yes, index * 8 + 2);
    bytes.writeUInt8(no, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  });
  return bytes;
}
