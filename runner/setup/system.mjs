/** What the system must have: Linux on x86_64, Debian's packages, the system user. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CannotDo, run } from './step.mjs';

/** What boxes and Redis Stack need. */
const toRun = [
  'bubblewrap',
  'util-linux',
  'libssl3',
  'libstdc++6',
  'libgcc-s1',
  'python3',
  'python3-pip',
  'ca-certificates',
];
/** What the tests need besides: two browsers, a database of schools. */
const toTest = ['chromium', 'firefox-esr', 'fonts-dejavu-core', 'postgresql'];
/** What proofreading needs besides: the machine of LanguageTool, and what brings it. */
const toProofread = ['openjdk-17-jdk-headless', 'maven'];

const packages = {
  run: toRun,
  test: [...toRun, ...toTest],
  proofread: toProofread,
  'test-long': [...toRun, ...toTest, ...toProofread],
};

/** What the system is asked for. @typedef {keyof typeof packages} Purpose */

/** Every package of the system that a purpose needs. @param {Purpose} purpose @returns {string[]} */
export const systemPackages = (purpose) => packages[purpose];

/**
 * Why this machine cannot run the project at all, and what to do there; null where it can.
 * @returns {CannotDo | null}
 */
export function unsupported() {
  const elsewhere = 'Run it in a Debian 12 x86_64 virtual machine: npm start';
  if (process.platform === 'darwin')
    return new CannotDo('macOS has no Linux namespaces, so nothing could be sandboxed', elsewhere);
  if (process.platform === 'win32')
    return new CannotDo(
      'Windows has no Linux namespaces, so nothing could be sandboxed',
      'In WSL 2 with Debian 12: npm start',
    );
  if (process.platform !== 'linux') return new CannotDo(`${process.platform} is not Linux`, elsewhere);
  if (process.arch !== 'x64')
    return new CannotDo(
      `no build of Redis Stack is published for Linux on ${process.arch}`,
      'Install Redis ≥ 8 with its modules and name it: REDIS_STACK_DIR=/path/to/redis npm start',
    );
  if (!existsCommand('apt-get') && !existsCommand('bwrap'))
    return new CannotDo(
      'this Linux is not a Debian and bubblewrap is not installed',
      'Install bubblewrap with your package manager',
    );
  return null;
}

/** What is known to stand in the way on this machine without stopping it: one line each. */
export function warnings() {
  const lines = [];
  const release = read('/etc/os-release');
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'an unknown Linux';
  if (!/^ID=debian/m.test(release) || !/^VERSION_ID="?12/m.test(release))
    lines.push(`only Debian 12 on x86_64 is proved; this is ${name}`);
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns').trim() === '1')
    lines.push(
      'AppArmor restricts user namespaces here (Ubuntu ≥ 23.10), so bubblewrap fails: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    );
  if (read('/proc/sys/kernel/unprivileged_userns_clone').trim() === '0')
    lines.push('user namespaces are switched off: sysctl -w kernel.unprivileged_userns_clone=1');
  if (process.getuid?.() !== 0)
    lines.push(
      'not root: boxes share your uid and have no cgroup; `npm run doctor` lists the walls that are missing',
    );
  return lines;
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} name */
export function existsCommand(name) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;
}

/** The packages of the list that are not installed. @param {string[]} names */
export function absent(names) {
  if (!existsCommand('dpkg-query')) return [];
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names], {
    encoding: 'utf8',
  });
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** How to become root here: nothing to add, or sudo. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return existsCommand('sudo') ? ['sudo', '--non-interactive'] : null;
}

/** @param {Purpose} purpose @returns {import('./step.mjs').Step} */
export function packagesOfTheSystem(purpose) {
  const names = systemPackages(purpose);
  const fix = () => `apt-get update && apt-get install ${absent(names).join(' ')}`;
  return {
    name: 'system packages',
    missing: () => absent(names).join(' ') || null,
    get fix() {
      return fix();
    },
    get system() {
      return absent(names);
    },
    async make(say) {
      const root = asRoot();
      if (root === null)
        throw new CannotDo(`root is needed to install ${absent(names).join(' ')}`, `su -c '${fix()}'`);
      const apt = (/** @type {string[]} */ ...args) => {
        const [command, ...rest] = [
          ...root,
          'env',
          'DEBIAN_FRONTEND=noninteractive',
          'apt-get',
          '-q',
          ...args,
        ];
        return run(command, rest, { say });
      };
      await apt('update');
      await apt('install', '--yes', '--no-install-recommends', ...absent(names));
    },
  };
}

/** The user that the server and the hosts run as. @returns {import('./step.mjs').Step} */
export function systemUser() {
  const exists = () => spawnSync('id', ['-u', 'atelier-redis']).status === 0;
  return {
    name: 'system user',
    fix: 'useradd --system --no-create-home --shell /usr/sbin/nologin atelier-redis',
    get system() {
      return exists() ? [] : ['user atelier-redis'];
    },
    missing: () => (process.getuid?.() !== 0 || exists() ? null : 'user atelier-redis'),
    make: async () => {
      await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'atelier-redis']);
    },
  };
}
