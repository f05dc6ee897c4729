/**
 * The desk of a topology: a port of the learner's box where their code stops a node, cuts a link, asks who
 * is primary. One request is `POST /kill/primary`, its answer JSON: each language has what it takes. What
 * comes here is a learner's: it can only do to the topology what they may do to their own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from './topology.ts';

const mostConnections = 16;
const longestRequest = 4096;
const mostMs = 10_000;
/** An election takes two to four seconds, and a run no more than thirty. */
const electionMs = 25_000;
const pollMs = 20;

type Asked = (topology: Topology, word: string, key: string) => Promise<unknown>;

/** A request that makes no sense, or cannot be done now. */
class DeskError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** What can be asked, by name. */
const asked: Record<string, Asked> = {
  nodes: (topology) => topology.nodes(),
  primary: (topology, key) => topology.primary(key),
  kill: async (topology, node) => topology.kill(await portOf(topology, node)),
  revive: async (topology, node) => topology.revive(await portOf(topology, node)),
  hang: async (topology, node) => topology.hang(await portOf(topology, node)),
  wake: async (topology, node) => topology.wake(await portOf(topology, node)),
  promote: async (topology, node) => {
    await topology.promote(await portOf(topology, node));
    await topology.settled();
  },
  isolate: async (topology, node) => topology.isolate(await portOf(topology, node)),
  link: (topology, ms) => topology.link(ms === 'null' ? null : milliseconds(ms)),
  successor: async (topology, former, key) => successor(topology, await portOf(topology, former), key),
  failover: async (topology, key) => {
    const from = await topology.primary(key);
    await topology.kill(from);
    return { from, to: await successor(topology, from, key) };
  },
  mend: (topology) => topology.mend(),
};

/** See above. */
export class TopologyDesk {
  readonly #topology: () => Topology | null;
  readonly #listeners = new Set<Server>();
  readonly #http = createServer({ maxHeaderSize: longestRequest }, (request, response) => {
    void this.#answer(request, response);
  });

  /** `topology` is the one of now, if there is one. */
  constructor(topology: () => Topology | null) {
    this.#topology = topology;
  }

  /** Answers on a listener that a box has handed over. */
  serve(listener: Server): void {
    listener.maxConnections = mostConnections;
    this.#listeners.add(listener);
    listener.on('connection', (socket) => this.#http.emit('connection', socket));
    listener.on('error', () => {});
    listener.on('close', () => this.#listeners.delete(listener));
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
    this.#http.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    try {
      const value = await this.#do(request.url ?? '');
      response.end(JSON.stringify({ value: value ?? null }));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: codeOf(error) }));
    }
  }

  async #do(path: string): Promise<unknown> {
    const [, name = '', word = '', key = ''] = path.split('/').map(decoded);
    const topology = this.#topology();
    if (!topology) throw new DeskError('TOPOLOGY_GONE');
    if (!Object.hasOwn(asked, name)) throw new DeskError('TOPOLOGY_REQUEST');
    return asked[name](topology, word, key);
  }
}

function codeOf(error: unknown): string {
  return error instanceof DeskError ? error.code : 'TOPOLOGY_STATE';
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    throw new DeskError('TOPOLOGY_REQUEST');
  }
}

/** A node by its port, or by its role: the first that has it. */
async function portOf(topology: Topology, word: string): Promise<number> {
  if (topology.ports.includes(Number(word))) return Number(word);
  if (word === 'primary') return topology.primary();
  const replica = word === 'replica' && (await topology.nodes()).find(({ role }) => role === 'replica');
  if (!replica) throw new DeskError('TOPOLOGY_NODE');
  return replica.port;
}

/** The primary that takes the place of a former one, as soon as it knows itself that it is; the former may still think so too. */
async function successor(topology: Topology, former: number, key: string): Promise<number> {
  const deadline = performance.now() + electionMs;
  for (;;) {
    const found = await topology.primary(key);
    const node = (await topology.nodes()).find(({ port }) => port === found);
    if (found !== former && node?.role === 'primary') return found;
    if (performance.now() > deadline) throw new DeskError('TOPOLOGY_STATE');
    await sleep(pollMs);
  }
}

function milliseconds(word: string): number {
  const ms = Number(word);
  if (word === '' || !(ms >= 0 && ms <= mostMs)) throw new DeskError('TOPOLOGY_REQUEST');
  return ms;
}
