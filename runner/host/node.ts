/** The nodes of a topology as the host sees them: what each needs to be, and whether together they are what they must be. */
import type { Redis } from 'ioredis';
import { primaryName, type TopologyKind } from '../../sandbox/run.ts';
import type { Tap } from './tap/tap.ts';

/** One node. */
export interface Node {
  readonly port: number;
  readonly inner?: number;
  readonly sentinel: boolean;
  readonly config: string;
  readonly files: Record<string, string>;
  /** How many times it was started again. */
  life: number;
  alive: boolean;
  /** It was told to stop, and has. */
  stopped: boolean;
  /** How much was asked of its link and is not yet so. */
  linking: number;
  admin: Redis | null;
  readonly taps: Set<Tap>;
}

/** Whether a node would answer: one that hangs never does. */
export function answers({ alive, stopped }: Node): boolean {
  return alive && !stopped;
}

/** What is not yet as it must be: nothing when every node that answers is a primary, or follows one and has what it wrote. */
export async function unsettled(kind: TopologyKind, nodes: Iterable<Node>): Promise<string> {
  const living = [...nodes].filter(answers);
  const written = new Map<string, number>();
  for (const { port, admin, sentinel } of living) {
    if (sentinel) {
      const quorum = await admin!.call('SENTINEL', 'CKQUORUM', primaryName).catch(String);
      if (!`${quorum}`.startsWith('OK')) return `${port}: ${quorum}`;
      continue;
    }
    const replication = await admin!.info('replication').catch(String);
    if (/role:master/.test(replication)) written.set(`${port}`, offset(replication, 'master'));
    if (kind !== 'cluster') continue;
    const state = await admin!.cluster('INFO').catch(String);
    if (!/cluster_state:ok/.test(state)) return `${port}: the cluster is not whole`;
  }
  for (const { port, admin, sentinel } of living) {
    if (sentinel || written.has(`${port}`)) continue;
    const replication = await admin!.info('replication').catch(String);
    const followed = /master_port:(\d+)/.exec(replication)?.[1] ?? '';
    if (!/master_link_status:up/.test(replication)) return `${port} does not follow its primary`;
    if (offset(replication, 'slave') < (written.get(followed) ?? 0))
      return `${port} has not yet what ${followed} has`;
  }
  return kind === 'sentinel' && written.size !== 1 ? `${written.size} primaries` : '';
}

/** Whether every sentinel names the same primary and is done with the last failover: no other can begin before. */
export async function sentinelsAgree(nodes: Iterable<Node>): Promise<boolean> {
  const named = await Promise.all(
    [...nodes]
      .filter(({ sentinel }) => sentinel)
      .map(async ({ admin }) => {
        const words = (await admin!.call('SENTINEL', 'MASTER', primaryName)) as string[];
        const said = (name: string) => words[words.indexOf(name) + 1];
        return said('flags') === 'master' ? said('port') : '';
      }),
  );
  return named.every((port) => port !== '' && port === named[0]);
}

/** How far a node's replication has come, by its own INFO. */
function offset(replication: string, role: 'master' | 'slave'): number {
  return Number(new RegExp(`^${role}_repl_offset:(\\d+)`, 'm').exec(replication)?.[1] ?? 0);
}
