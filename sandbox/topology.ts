/**
 * The topologies a lab, or a cell of a lesson, can ask for, as configurations: pure functions, so that a test reads them.
 *
 * All nodes are in one box, on its loopback. A node announces 127.0.0.1 and its port, and the host opens
 * the same port in the boxes of learners: an address means the same node everywhere. No modules: a node
 * starts in ten milliseconds and takes five megabytes.
 */
import { randomBytes } from 'node:crypto';
import { aclLines, sentinelAclLines, type Role } from './redis-acl.ts';

/** What can be asked for. */
export type TopologyKind = 'replica' | 'sentinel' | 'cluster' | 'regions';

/** One node: its port, and what its folder must hold before its first start. */
export interface NodeSetting {
  port: number;
  /** Where it listens itself when its link to the other nodes can be slowed and cut. */
  inner?: number;
  sentinel: boolean;
  config: string;
  files: Record<string, string>;
}

/** What a topology is made with; memory is the limit of the keys of one node, MiB. */
export interface TopologySetting {
  kind: TopologyKind;
  memory: number;
  policy: string;
  clients: number;
  role: Role;
  /** Of the user `admin`: the host's own, and the one with which nodes speak to each other. */
  adminPassword: string;
  /** Whether the links between nodes that copy each other can be slowed and cut: `replica` and `sentinel`. */
  links?: boolean;
}

/** The name under which sentinels know the primary. */
export const primaryName = 'primaire';

const plain = [6379, 6380, 6381];
const sentinels = [26379, 26380, 26381];
const clustered = [7000, 7001, 7002, 7003, 7004, 7005];
const slots = 16384;
/** Where a cell's own code commands its topology: stops a node, slows a link. */
export const deskPort = 16_000;
/** How far from its announced port a node listens when its links can be cut. */
const inside = 1000;

/** The ports of a topology: of the nodes that hold keys, and of the sentinels. */
export function portsOf(kind: TopologyKind): { nodes: number[]; sentinels: number[] } {
  if (kind === 'cluster') return { nodes: clustered, sentinels: [] };
  if (kind === 'sentinel') return { nodes: plain, sentinels };
  return { nodes: plain.slice(0, 2), sentinels: [] };
}

/** Every node of a topology, in the order they are started. */
export function topologyNodes(setting: TopologySetting): NodeSetting[] {
  const { kind } = setting;
  const { nodes } = portsOf(kind);
  if (kind === 'cluster') return clusterNodes(setting);
  const [primary] = nodes;
  const links = setting.links === true && kind !== 'regions';
  const servers = nodes.map((port) => ({
    port,
    ...(links && { inner: port + inside }),
    sentinel: false,
    config: lines([
      ...serverLines(setting),
      ...(links ? [`replica-announce-port ${port}`] : []),
      ...(port === primary || kind === 'regions' ? [] : [`replicaof 127.0.0.1 ${primary}`]),
    ]),
    files: {},
  }));
  return kind === 'sentinel' ? [...servers, ...sentinelNodes(setting)] : servers;
}

/** Memory a topology's box needs, MiB: keys, each server, a copy while a replica is filled, the one that starts them. */
export function topologyMemory(kind: TopologyKind, memory: number): number {
  const { nodes, sentinels: watchers } = portsOf(kind);
  return nodes.length * (memory + 24) + watchers.length * 16 + 160;
}

function serverLines({ memory, policy, clients, role, adminPassword, kind }: TopologySetting): string[] {
  return [
    'unixsocketperm 777',
    'save ""',
    'appendonly no',
    'logfile ""',
    'loglevel warning',
    'set-proc-title no',
    'crash-memcheck-enabled no',
    'oom-score-adj no',
    `maxmemory ${memory}mb`,
    `maxmemory-policy ${policy}`,
    'maxmemory-clients 0',
    `maxclients ${clients}`,
    'proto-max-bulk-len 8mb',
    'busy-reply-threshold 250',
    'replica-announce-ip 127.0.0.1',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-timeout 5',
    'repl-ping-replica-period 1',
    'masteruser admin',
    `masterauth ${adminPassword}`,
    ...aclLines(role, [], adminPassword, kind === 'cluster'),
  ];
}

/** Written as a sentinel would have written it after finding the others: they need not look for them. */
function sentinelNodes({ adminPassword, links }: TopologySetting): NodeSetting[] {
  const identities = sentinels.map(() => identity());
  const [primary, ...replicas] = plain;
  return sentinels.map((port, rank) => ({
    port,
    sentinel: true,
    config: lines([
      'unixsocketperm 777',
      'logfile ""',
      'loglevel warning',
      'sentinel deny-scripts-reconfig yes',
      'sentinel announce-ip 127.0.0.1',
      `sentinel announce-port ${port}`,
      `sentinel myid ${identities[rank]}`,
      `sentinel monitor ${primaryName} 127.0.0.1 ${primary} 2`,
      `sentinel down-after-milliseconds ${primaryName} ${links ? 1500 : 600}`,
      `sentinel failover-timeout ${primaryName} 4000`,
      `sentinel auth-user ${primaryName} admin`,
      `sentinel auth-pass ${primaryName} ${adminPassword}`,
      ...replicas.map((replica) => `sentinel known-replica ${primaryName} 127.0.0.1 ${replica}`),
      ...sentinels.flatMap((other, place) =>
        place === rank
          ? []
          : [`sentinel known-sentinel ${primaryName} 127.0.0.1 ${other} ${identities[place]}`],
      ),
      'sentinel sentinel-user admin',
      `sentinel sentinel-pass ${adminPassword}`,
      ...sentinelAclLines(adminPassword),
    ]),
    files: {},
  }));
}

/** Three primaries that share the slots and a replica of each; every node knows the others from its first moment. */
function clusterNodes(setting: TopologySetting): NodeSetting[] {
  const identities = clustered.map(() => identity());
  const shards = clustered.length / 2;
  const share = (rank: number) => Math.round((slots * rank) / shards);
  const line = (place: number, me: number) => {
    const primary = place < shards;
    const port = clustered[place];
    const flags = `${place === me ? 'myself,' : ''}${primary ? 'master' : 'slave'}`;
    const of = primary ? '-' : identities[place - shards];
    const range = primary ? ` ${share(place)}-${share(place + 1) - 1}` : '';
    const epoch = (place % shards) + 1;
    return `${identities[place]} 127.0.0.1:${port}@${port + 10000} ${flags} ${of} 0 0 ${epoch} connected${range}`;
  };
  return clustered.map((port, me) => ({
    port,
    sentinel: false,
    config: lines([
      ...serverLines(setting),
      'cluster-enabled yes',
      'cluster-config-file nodes.conf',
      'cluster-node-timeout 1000',
      'cluster-announce-ip 127.0.0.1',
    ]),
    files: {
      'nodes.conf': lines([
        ...clustered.map((_port, place) => line(place, me)),
        `vars currentEpoch ${shards} lastVoteEpoch 0`,
      ]),
    },
  }));
}

function identity(): string {
  return randomBytes(20).toString('hex');
}

function lines(all: string[]): string {
  return `${all.join('\n')}\n`;
}
