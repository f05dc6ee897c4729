/**
 * How to take each wall away, as edits of the sources that build it, and the attacks that are to be
 * played then: at least one must succeed. A wall that stands behind another one is taken away with it.
 */

/** One wall, or two that hold the same thing. */
export interface Removal {
  /** What is gone. */
  what: string;
  edits: [file: string, from: string, to: string][];
  /** The attacks to play: names, or folders. */
  attacks: string[];
}

const box = 'sandbox/box.ts';
const limits = 'sandbox/limits.ts';
const confinement = 'sandbox/confinement.ts';
const groups = 'sandbox/cgroup.ts';
const unshared = '--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --hostname lecon';

/** Leaves one namespace out; the name of the machine can only be set in one of its own. */
const without = (name: string): string =>
  ['pid', 'net', 'ipc', 'uts', 'cgroup']
    .filter((one) => one !== name)
    .map((one) => `--unshare-${one}`)
    .concat('--unshare-user --disable-userns --uid 1000 --gid 1000', name === 'uts' ? [] : '--hostname lecon')
    .join(' ');

const noFilter: Removal['edits'][number] = [
  'sandbox/seccomp.ts',
  '  const at = column[machine];',
  '  if (machine) return [[answer, 0, 0, allow]];\n  const at = column[machine];',
];

/** Every wall that can be taken away, by name. */
export const removals: Record<string, Removal> = {
  'uid-dropped': {
    what: 'bubblewrap runs as root instead of a uid of the slot',
    edits: [
      [
        confinement,
        'setpriv ${identity} --inh-caps=-all --bounding-set=-all --pdeathsig KILL',
        'setpriv --pdeathsig KILL',
      ],
      [limits, 'uid=${uid},gid=${uid}', 'uid=0,gid=0'],
    ],
    attacks: ['proc/core-pattern', 'proc/kernel-settings'],
  },
  'uid-per-slot': {
    what: 'all slots have one uid',
    edits: [[confinement, 'ground.base + this.#slot', 'ground.base']],
    attacks: ['neighbours/pipe-pages'],
  },
  seccomp: {
    what: 'the filter of system calls',
    edits: [noFilter],
    attacks: ['syscalls', 'neighbours', 'files/fifo', 'files/tmp-program-mapped'],
  },
  'seccomp-machine': {
    what: 'the filter’s look at the table that a call’s number is of',
    edits: [
      [
        'sandbox/seccomp.ts',
        '[jumpIfEqual, 1, 0, auditArch[machine]]',
        '[jumpIfEqual, 1, 1, auditArch[machine]]',
      ],
    ],
    attacks: ['syscalls/other-table'],
  },
  'seccomp-shared-files': {
    what: 'the filter’s refusal of events and locks of the files that all boxes share',
    edits: [
      ['sandbox/seccomp.ts', '  inotify_init1: [294, 26],', ''],
      ['sandbox/seccomp.ts', "[jumpIfEqual, 0, 1, number('flock')]", '[jumpIfEqual, 0, 1, 9999]'],
      ['sandbox/seccomp.ts', "number('fcntl')]", '9999]'],
    ],
    attacks: [
      'neighbours/file-events',
      'neighbours/file-lock',
      'neighbours/record-lock',
      'neighbours/folder-signals',
    ],
  },
  'network-namespace': {
    what: 'the network of its own',
    edits: [[box, unshared, without('net')]],
    attacks: [
      'network/loopback',
      'network/loopback-ipv6',
      'network/datagram',
      'network/machine-address',
      'network/abstract-socket',
      'network/launcher-sockets',
      'network/listen-on-the-machine',
      'network/broadcast',
    ],
  },
  'pid-namespace': {
    what: 'the processes of its own',
    edits: [
      [box, unshared, without('pid').replace('--disable-userns ', '')],
      [box, "'--proc',\n    '/proc',", "'--bind', '/proc', '/proc',"],
    ],
    attacks: ['proc/processes', 'neighbours/read-process', 'processes/kill-all', 'proc/kernel-memory'],
  },
  'uts-namespace': {
    what: 'the name of its own',
    edits: [[box, unshared, without('uts')]],
    attacks: ['proc/machine-name'],
  },
  'cgroup-namespace': {
    what: 'the view of control groups of its own',
    edits: [[box, unshared, without('cgroup')]],
    attacks: ['proc/place-in-groups'],
  },
  'ipc-namespace and seccomp': {
    what: 'both walls between the System V and POSIX objects of two boxes',
    edits: [[box, unshared, without('ipc')], noFilter],
    attacks: ['neighbours/system-v-memory', 'neighbours/message-queue'],
  },
  'disable-userns and seccomp': {
    what: 'both walls against namespaces inside',
    edits: [[box, '--disable-userns ', ''], noFilter],
    attacks: [
      'syscalls/own-namespaces',
      'syscalls/clone-namespaces',
      'syscalls/clone3-namespaces',
      'syscalls/mount',
      'syscalls/new-root',
    ],
  },
  'named-files': {
    what: 'the root of named files: the clone is bound too',
    edits: [
      [
        box,
        "[places.inside, '/app/inside'],\n      ...places.packages.typescript,",
        "[places.inside, '/app/inside'],\n      [places.app, '/run/atelier-redis/app'],\n      ...places.packages.typescript,",
      ],
    ],
    attacks: ['files/the-checks', 'grader/reads-the-checks'],
  },
  'read-only-root': {
    what: 'the remounting of / and /dev read-only',
    edits: [[box, '--remount-ro /dev --remount-ro / ', '']],
    attacks: ['files/outside-tmp', 'files/root-program'],
  },
  'few-devices': {
    what: 'the /dev of five devices',
    edits: [[box, "if (program === 'terminal') return", 'return']],
    attacks: ['proc/devices-of-the-machine'],
  },
  'tmp-size': {
    what: 'the size of /tmp',
    edits: [[limits, 'size=${job.disk}m,', 'size=50%,']],
    attacks: ['memory/tmp'],
  },
  'tmp-files': {
    what: 'the count of files of /tmp',
    edits: [[limits, 'nr_inodes=1024,', '']],
    attacks: ['memory/files'],
  },
  'tmp-noexec': {
    what: 'noexec on /tmp',
    edits: [[limits, ',noexec,', ',']],
    attacks: ['files/tmp-program', 'files/tmp-program-mapped'],
  },
  'clean-environment': {
    what: 'the empty environment of bubblewrap',
    edits: [[confinement, "env: { PATH: '/usr/bin:/bin' }, cwd", 'env: process.env, cwd']],
    attacks: ['proc/first-environment'],
  },
  'closed-descriptors': {
    what: 'the closing of what the launcher inherited',
    edits: [['sandbox/launcher.ts', '  closeInheritedDescriptors();\n', '']],
    attacks: ['proc/left-open'],
  },
  'death-with-launcher': {
    what: 'both ties of a box to its launcher’s life',
    edits: [
      [confinement, ' --pdeathsig KILL`', '`'],
      [box, '--die-with-parent ', ''],
    ],
    attacks: ['processes/outlives-launcher'],
  },
  'emptied-slots and pid-namespace': {
    what: 'both ways in which the end of a box ends all of it',
    edits: [
      [box, unshared, without('pid').replace('--disable-userns ', '')],
      [box, "'--proc',\n    '/proc',", "'--bind', '/proc', '/proc',"],
      [groups, 'for (const pid of left) killIfAlive(pid);', ''],
    ],
    attacks: ['processes/detached'],
  },
  'cgroup-memory': {
    what: 'the memory limit of the whole box',
    edits: [
      [groups, "['memory', 'memory.limit_in_bytes', `${limits.memory}`],", ''],
      [groups, "['memory', 'memory.memsw.limit_in_bytes', `${limits.memory}`],", ''],
      [groups, "['memory', 'memory.max', `${limits.memory}`],", ''],
    ],
    attacks: ['memory/shared', 'memory/many-processes', 'redis/script-memory', 'redis/script-writes'],
  },
  'cgroup-cpu': {
    what: 'the processor share of the whole box',
    edits: [
      [groups, "['cpu', 'cpu.cfs_quota_us', `${quota}`],", ''],
      [groups, "['cpu', 'cpu.max', `${quota} ${period}`],", ''],
    ],
    attacks: ['processes/two-cores'],
  },
  'cgroup-learner': {
    what: 'the group that holds all boxes of a learner',
    edits: [[confinement, 'owner === undefined ? undefined : { owner, limits: learnerLimits }', 'undefined']],
    attacks: ['processes/many-boxes', 'memory/many-boxes'],
  },
  'cgroup-pids and rlimit-processes': {
    what: 'both counts of processes',
    edits: [
      [groups, "['pids', 'pids.max', `${limits.pids}`],", ''],
      [limits, '    nproc: processes[job.program],\n', ''],
    ],
    attacks: ['processes/fork-bomb', 'processes/threads', 'processes/fork-bomb-of-forks'],
  },
  'rlimit-processes': {
    what: 'the count of processes set inside',
    edits: [[limits, '    nproc: processes[job.program],\n', '']],
    attacks: ['processes/fork-bomb'],
  },
  freezer: {
    what: 'the freezer: SIGSTOP instead',
    edits: [[groups, 'return this.#folders.freezer !== undefined;', 'return false;']],
    attacks: ['processes/fork-while-frozen'],
  },
  'rlimit-data': {
    what: 'the limit of private memory',
    edits: [[limits, '    data: (job.memory + dataBeyondMemory[job.program]) * MiB,\n', '']],
    attacks: ['memory/reserved'],
  },
  'rlimit-file-size': {
    what: 'the limit of a file’s size',
    edits: [[limits, '    fsize: job.disk * MiB,\n', '']],
    attacks: ['memory/hole'],
  },
  'rlimit-files': {
    what: 'the limit of open files',
    edits: [[limits, '    nofile: openFiles[job.program],\n', '']],
    attacks: ['memory/descriptors'],
  },
  'rlimit-core': {
    what: 'the limit of core files',
    edits: [[limits, '    core: 0,\n    memlock: 0,', "    core: 'unlimited',\n    memlock: 0,"]],
    attacks: ['memory/core'],
  },
  'rlimit-locked': {
    what: 'the limit of locked memory',
    edits: [[limits, '    memlock: 0,\n    msgqueue: 0,\n  };', '    msgqueue: 0,\n  };']],
    attacks: ['memory/locked'],
  },
  'sealed-socket': {
    what: 'the sealing of a Redis’ socket',
    edits: [[confinement, '    chownSync(this.#temporary, 0, 0);\n', '']],
    attacks: ['files/socket-replaced'],
  },
  'socket-looked-at': {
    what: 'the look at what stands where a socket should',
    edits: [
      [confinement, 'if (!lstatSync(socket).isSocket()) throw', 'if (names.length > 40) throw'],
      [confinement, 'lchownSync(socket, 0, 0)', 'chownSync(socket, 0, 0)'],
    ],
    attacks: ['files/symlink-for-socket', 'files/fifo-for-socket'],
  },
  'guarded-openings': {
    what: 'the launcher’s guard of the channel on which boxes hand over 6379',
    edits: [['sandbox/launcher.ts', '  guardOpenings(ground);\n', '']],
    attacks: ['processes/pending-opener'],
  },
  'fixed-jobs': {
    what: 'the launcher’s check of what a host asks',
    edits: [['sandbox/wire.ts', 'const parsed = parseJob(job);', 'const parsed = job as Job;']],
    attacks: ['launcher'],
  },
  'acl-categories': {
    what: 'the learner’s loss of the categories @admin and @dangerous',
    edits: [['sandbox/redis-acl.ts', "    '-@admin',\n    '-@dangerous',\n", '']],
    attacks: [
      'redis/become-default',
      'redis/own-rights',
      'redis/read-hashes',
      'redis/write-file',
      'redis/replica-of',
      'redis/crash-by-debug',
      'redis/stand-still',
    ],
  },
  'acl-names': {
    what: 'the learner’s loss of commands by name',
    edits: [
      ['sandbox/redis-acl.ts', '...named.map((command) => `-${command}`),', ''],
      ['sandbox/redis-acl.ts', "    '-@dangerous',\n", ''],
    ],
    attacks: [
      'redis/restore',
      'redis/load-chunk',
      'redis/function-restore',
      'redis/module-settings',
      'redis/migrate',
      'redis/cluster-commands',
    ],
  },
  'acl-grading': {
    what: 'what the learner loses while graded',
    edits: [['sandbox/redis-acl.ts', "...(role === 'grading' ? watching", "...(role === 'learner' ? []"]],
    attacks: ['redis/watch-the-checker', 'redis/stop-the-checker'],
  },
  heartbeat: {
    what: 'the watch over a Redis that is used',
    edits: [['runner/host/heartbeat.ts', '  start(): void {', '  start(): void {\n    return;']],
    attacks: ['redis/script-after-write', 'redis/transaction-without-end', 'redis/script-without-end'],
  },
  'host-comes-back': {
    what: 'the making again of the host’s connection',
    edits: [
      [
        'runner/host/instance.ts',
        '  #cutOff(): void {',
        '  #cutOff(): void {\n    return void this.admin.disconnect();',
      ],
    ],
    attacks: ['redis/kill-the-host'],
  },
  'guarded-answers': {
    what: 'the bound on what a server may answer its host',
    edits: [['runner/host/guarded.ts', 'if (bytes > longestAnswer)', 'if (bytes > 1e12)']],
    attacks: ['resp/answer-to-the-host'],
  },
  'frame-bounds': {
    what: 'the tap’s bounds on depth and lines',
    edits: [
      ['runner/host/tap/frame.ts', 'const deepest = 256;', 'const deepest = 1e9;'],
      ['runner/host/tap/frame.ts', 'const longestInline = 64 * 1024;', 'const longestInline = 1e12;'],
    ],
    attacks: ['resp/nested-answer', 'resp/inline-without-end'],
  },
  'tap-waits': {
    what: 'the tap’s bound on commands without an answer',
    edits: [['runner/host/tap/tap.ts', 'const mostWaiting = 131_072;', 'const mostWaiting = 1e12;']],
    attacks: ['resp/unanswered-pipeline'],
  },
  'tap-back-pressure': {
    what: 'the tap’s waiting for a slow reader',
    edits: [['runner/host/tap/connection.ts', 'if (slow) this.#server.pause();', 'if (slow) ;']],
    attacks: ['resp/flood-unread'],
  },
  'frame-schema': {
    what: 'the schema of what a kernel says',
    edits: [
      [
        'runner/host/kernel/frames.ts',
        'return frame.safeParse(JSON.parse(line)).data ?? null;',
        'return JSON.parse(line);',
      ],
    ],
    attacks: ['http/forged-frame'],
  },
  'output-watchdog': {
    what: 'the bound on what a run says',
    edits: [['runner/host/kernel/said.ts', 'return this.#total > ALLOWED;', 'return false;']],
    attacks: ['http/output-flood', 'http/endless-line'],
  },
  'time-watchdog': {
    what: 'the host’s clock over a run',
    edits: [
      [
        'runner/host/kernel/boxed-kernel.ts',
        'task.cause ??= tooSlow(timeoutMs);\n      this.interrupt();',
        '',
      ],
    ],
    attacks: ['http/endless-run'],
  },
  'terminal-text': {
    what: 'the filter of what terminals show',
    edits: [['runner/host/terminal.ts', 'said && screenText.pass(said)', 'said']],
    attacks: ['http/terminal-escapes'],
  },
  'asked-replies': {
    what: 'the end of an answer that says what it was not asked',
    edits: [['runner/host/kernel/boxed-kernel.ts', '} else if (this.#isAnswer) this.#stop(forged());', '}']],
    attacks: ['grader/forged-reply', 'grader/forged-verdict'],
  },
  'own-host': {
    what: 'the check of the name a request is for',
    edits: [['runner/origin.ts', "return 'foreign-host';", 'return null;']],
    attacks: ['http/foreign-host'],
  },
  'own-origin': {
    what: 'the check of the page a request comes from',
    edits: [['runner/origin.ts', "return 'foreign-origin';", 'return null;']],
    attacks: ['http/foreign-origin', 'http/foreign-post', 'http/operators-page'],
  },
  'own-attempts': {
    what: 'the check of whose attempt it is',
    edits: [
      ['runner/api.ts', "attempt === null || attempt.learner !== context.get('learner')", 'attempt === null'],
    ],
    attacks: ['http/another-learner'],
  },
  'message-size': {
    what: 'the bound on what is read of one message',
    edits: [['runner/socket.ts', 'maxPayload: MAX_FRAME', 'maxPayload: 2 ** 31']],
    attacks: ['http/huge-message'],
  },
  'message-rate': {
    what: 'the rate of messages',
    edits: [['runner/socket.ts', 'if (!rate.take(learner))', 'if (rate === null)']],
    attacks: ['http/message-flood'],
  },
  connections: {
    what: 'the count of a learner’s WebSockets',
    edits: [['runner/socket.ts', 'atelier.pages.of(learner).size >= limits.connectionsPerLearner', 'false']],
    attacks: ['http/five-hundred-sockets'],
  },
  'slow-pages': {
    what: 'the closing of pages that do not read',
    edits: [['runner/pages.ts', 'this.#socket.bufferedAmount > this.#limits.unsentCloses', 'false']],
    attacks: ['http/slow-reader'],
  },
  'learner-rate': {
    what: 'the rate of new learners from an address',
    edits: [['runner/learner.ts', 'if (!this.#rate.take(address))', 'if (this.#rate === null)']],
    attacks: ['http/new-learners'],
  },
  'code-size': {
    what: 'the bound on code',
    edits: [['runner/door.ts', 'if (code > limits.code)', 'if (code < 0)']],
    attacks: ['http/long-code'],
  },
};
