/**
 * Who may do what on a learner's Redis, as code. In 7.4 no module command is in any category, so
 * what modules add is refused by name; a test runs every command of the loaded server through ACL
 * DRYRUN against a reviewed list, so that a new version cannot add an unreviewed one.
 */
import { createHash } from 'node:crypto';

/** The learner as lessons know them, or as labs are graded: then nobody can watch the checker. */
export type Role = 'learner' | 'grading';

/** Dangerous commands that lessons teach, given back after the categories are taken. */
const given = [
  'info',
  'keys',
  'flushall',
  'flushdb',
  'sort',
  'sort_ro',
  'swapdb',
  'monitor',
  'role',
  'lastsave',
  'client|list',
  'client|kill',
  'client|unblock',
  'client|no-evict',
  'config|get',
  'config|resetstat',
  'config|help',
  'slowlog',
  'latency',
  'module|list',
];

/** Taken by name, server commands: ways out of the instance, or into the process that runs it. */
const taken = ['restore', 'migrate', 'dump', 'cluster', 'debug', 'function|restore', 'script|debug'];

/** Taken by name, by the module that has them: a rule that names an unknown command stops the server. */
const takenOfModule: Record<string, string[]> = {
  'redisearch.so': ['ft.config', 'ft.debug'],
  'redisbloom.so': ['bf.debug', 'cf.debug', 'bf.loadchunk', 'cf.loadchunk', 'bf.scandump', 'cf.scandump'],
  'redistimeseries.so': [
    'timeseries.clusterset',
    'timeseries.clustersetfromshard',
    'timeseries.forceshardsconnection',
    'timeseries.hello',
    'timeseries.infocluster',
    'timeseries.innercommunication',
    'timeseries.networktest',
    'timeseries.refreshcluster',
  ],
};

/** Taken while grading: each shows, or disturbs, what the checker does on its own connection. */
const watching = [
  'monitor',
  'slowlog',
  'latency',
  'info',
  'pubsub',
  'client|list',
  'client|kill',
  'client|unblock',
  'client|tracking',
  'client|caching',
  'memory|stats',
  'memory|doctor',
  'memory|malloc-stats',
  'object|idletime',
  'object|freq',
  'config|resetstat',
];

/** The rules of the user `default`, in order, for a server with these modules. */
export function learnerRules(role: Role, modules: string[]): string[] {
  const named = [...taken, ...modules.flatMap((file) => takenOfModule[file] ?? [])];
  return [
    'on',
    'nopass',
    'sanitize-payload',
    'resetchannels',
    '~*',
    '&*',
    '+@all',
    '-@admin',
    '-@dangerous',
    ...given.map((command) => `+${command}`),
    ...named.map((command) => `-${command}`),
    ...(role === 'grading' ? watching.map((command) => `-${command}`) : []),
  ];
}

/** The `user` lines of a redis.conf: `default` is the restricted learner, `admin` is the host. */
export function aclLines(role: Role, modules: string[], adminPassword: string): string[] {
  const hash = createHash('sha256').update(adminPassword).digest('hex');
  return [`user default ${learnerRules(role, modules).join(' ')}`, `user admin on #${hash} ~* &* +@all`];
}
