import { setTimeout as sleep } from 'node:timers/promises';
import type { Nodes } from '../../../labs/kit.ts';
import type { Topology } from '../topology.ts';
import { runAsHost } from './keys.ts';

const ELECTION_MS = 60_000;
const POLL_MS = 20;

/** What a check does to the nodes of its lab; `broken` is told before anything is. */
export function nodesOf(topology: Topology | null, broken: () => void): Nodes {
  const there = (): Topology => {
    if (!topology) throw new Error('this lab has one server: its front matter asks for no topology');
    return topology;
  };
  const changing = (): Topology => {
    broken();
    return there();
  };
  return {
    list: async () => there().nodes(),
    primary: async (key) => there().primary(key),
    kill: async (port) => changing().kill(port),
    revive: async (port) => changing().revive(port),
    hang: async (port) => changing().hang(port),
    wake: async (port) => changing().wake(port),
    promote: async (port) => changing().promote(port),
    settled: async () => there().settled(),
    command: async (port, name, ...args) => runAsHost(there().admin(port), name, args),
    link: async (ms) => changing().setLink(ms),
    successor: async (former, key) => successor(there(), former, key),
    async failover(key) {
      const nodes = changing();
      const from = await nodes.primary(key);
      await nodes.kill(from);
      return { from, to: await successor(nodes, from, key) };
    },
  };
}

async function successor(nodes: Topology, former: number, key?: string): Promise<number> {
  const deadline = performance.now() + ELECTION_MS;
  for (;;) {
    const found = await nodes.primary(key).catch(() => former);
    if (found !== former) {
      await nodes.settled();
      return found;
    }
    if (performance.now() > deadline) throw new Error('no node took the place of the primary');
    await sleep(POLL_MS);
  }
}
