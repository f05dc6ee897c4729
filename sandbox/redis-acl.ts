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

/** Given back where there is a cluster: what a client asks of it. The rest of CLUSTER changes it. */
const clusterGiven = [
  'slots',
  'shards',
  'nodes',
  'info',
  'keyslot',
  'myid',
  'countkeysinslot',
  'getkeysinslot',
];

/** What a learner may ask of a sentinel. */
const sentinelGiven = [
  'sentinel|get-master-addr-by-name',
  'sentinel|master',
  'sentinel|masters',
  'sentinel|replicas',
  'sentinel|slaves',
  'sentinel|sentinels',
  'sentinel|ckquorum',
  'sentinel|myid',
  'ping',
  'hello',
  'auth',
  'info',
  'role',
  'subscribe',
  'psubscribe',
  'unsubscribe',
  'punsubscribe',
  'client|setname',
  'client|setinfo',
  'client|getname',
  'client|id',
  'command',
];

/** The rules of the user `default`, in order, for a server with these modules. */
export function learnerRules(role: Role, modules: string[], clustered = false): string[] {
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
    ...(clustered ? clusterGiven.map((command) => `+cluster|${command}`) : []),
    ...(role === 'grading' ? watching.map((command) => `-${command}`) : []),
  ];
}

/** The `user` lines of a redis.conf: `default` is the restricted learner, `admin` is the host. */
export function aclLines(role: Role, modules: string[], adminPassword: string, clustered = false): string[] {
  return [`user default ${learnerRules(role, modules, clustered).join(' ')}`, adminLine(adminPassword)];
}

/** The same of a sentinel: a learner asks it where the primary is, and changes nothing. */
export function sentinelAclLines(adminPassword: string): string[] {
  const allowed = sentinelGiven.map((command) => `+${command}`).join(' ');
  return [`user default on nopass resetchannels &* -@all ${allowed}`, adminLine(adminPassword)];
}

function adminLine(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return `user admin on #${hash} ~* &* +@all`;
}
