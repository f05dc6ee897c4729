/**
 * Several nodes on one loopback, in one box: started together, killed and revived one by one.
 *
 * Theory of operation. A node has a Unix socket through which the host reaches it, with every right on
 * its own connection and through a tap for each process of an answer; between themselves nodes speak TCP
 * inside the box. The taps listen, in the boxes of the answer, on the very ports that nodes announce: an
 * address that a sentinel or a MOVED tells is right everywhere. A revived node has a socket of another
 * name, since a sealed one cannot be replaced, and its taps follow it. With `links`, nodes reach each
 * other through the box's own small network, which can be slowed and cut; taps do not.
 */
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  memoryBeyondKeys,
  newAdminPassword,
  portsOf,
  primaryName,
  topologyMemory,
  topologyNodes,
  type Box,
  type RedisSetting,
  type Sandbox,
  type TopologyFrame,
  type TopologyKind,
  type TopologyRequest,
} from '../../sandbox/run.ts';
import { guard } from './guarded.ts';
import { InstanceError } from './instance.ts';
import { answers, sentinelsAgree, unsettled, type Node } from './node.ts';
import type { InstanceLoss, InstanceNeeds } from './protocol.ts';
import { plant, SeedError } from './seed.ts';
import { CommandTable } from './tap/command-table.ts';
import { Tap } from './tap/tap.ts';

/** What a node is to the others now. */
export type NodeRole = 'primary' | 'replica' | 'down';

const disk = 64;
/** Of the machine at its busiest: an election is a matter of seconds. */
const patience = 45_000;
const pollMs = 20;
/** A round trip between regions, until a check says otherwise. */
const farMs = 40;

/** One topology. Made by `startTopology`. */
export class Topology {
  readonly kind: TopologyKind;
  readonly box: Box;
  /** Resolves when its box is gone, by `close()` too. */
  readonly lost: Promise<InstanceLoss>;
  readonly #nodes = new Map<number, Node>();
  readonly #adminPassword: string;
  #sealed = new Set<string>();
  #loss: InstanceLoss | null = null;
  #lastWords = '';
  #commands: CommandTable | null = null;
  /** Milliseconds of a round trip between two regions; null while the link is cut. */
  #linkMs: number | null = farMs;
  readonly #far = new Set<Tap>();
  /** The node of a pair that was made its primary. */
  #promoted: number | null = null;

  constructor(kind: TopologyKind, box: Box, adminPassword: string) {
    this.kind = kind;
    this.box = box;
    this.#adminPassword = adminPassword;
    box.control.on('error', () => {});
    for (const stream of [box.stdout, box.stderr]) stream.on('error', () => {}).resume();
    this.#listen();
    this.lost = box.exited.then(({ reason }) => {
      this.#loss ??= { cause: reason === 'memory' ? 'memory' : 'crash', keysLost: null };
      for (const node of this.#nodes.values()) this.#end(node);
      return this.#loss;
    });
  }

  /** The ports that an answer's boxes open. */
  get ports(): number[] {
    return [...this.#nodes.keys()];
  }

  loss(): InstanceLoss | null {
    return this.#loss;
  }

  /** Starts every node and waits until they are one. */
  async begin(nodes: ReturnType<typeof topologyNodes>): Promise<void> {
    for (const node of nodes)
      this.#nodes.set(node.port, {
        ...node,
        life: -1,
        alive: false,
        stopped: false,
        linking: 0,
        admin: null,
        taps: new Set(),
      });
    await Promise.all([...this.#nodes.values()].map((node) => this.#start(node)));
    this.#commands = new CommandTable(await this.admin(nodes[0].port).call('COMMAND'));
    await this.settled();
  }

  /** Fills the primary as its learner would; a cluster has several, and is filled by the checks. */
  async seed(commands: string): Promise<void> {
    if (this.kind === 'cluster' && commands.trim() !== '') throw new SeedError(1, 'a cluster has no seed');
    await plant(this.#path(this.#servers()[0]), commands);
  }

  /** The host's own connection to a node. */
  admin(port: number): Redis {
    const { admin } = this.#node(port);
    if (!admin) throw new Error(`the node ${port} is down`);
    return admin;
  }

  /** The nodes that hold keys, as each sees itself. */
  async nodes(): Promise<{ port: number; role: NodeRole }[]> {
    return Promise.all(
      this.#servers().map(async (node) => {
        const { port, admin } = node;
        const found = answers(node) ? await admin!.role().catch(() => null) : null;
        const role = found === null ? 'down' : found[0] === 'master' ? 'primary' : 'replica';
        return { port, role } as const;
      }),
    );
  }

  /** The port of the primary; in a cluster, of the one that holds this key. */
  async primary(key = ''): Promise<number> {
    if (this.kind === 'sentinel') {
      const watcher = [...this.#nodes.values()].find((node) => node.sentinel && answers(node));
      const said = (await watcher!.admin!.call(
        'SENTINEL',
        'GET-MASTER-ADDR-BY-NAME',
        primaryName,
      )) as string[];
      return Number(said[1]);
    }
    if (this.kind === 'cluster') {
      const { admin } = this.#servers().find(answers)!;
      const slot = await admin!.cluster('KEYSLOT', key);
      const ranges = await admin!.cluster('SLOTS');
      return ranges.find(([from, to]) => from <= slot && slot <= to)![2][1];
    }
    const nodes = await this.nodes();
    const primaries = nodes.filter(({ role }) => role === 'primary');
    const promoted = primaries.find(({ port }) => port === this.#promoted);
    return (promoted ?? primaries[0] ?? nodes[0]).port;
  }

  /** Kills a node at once, as a power cut would. */
  async kill(port: number): Promise<void> {
    const node = this.#node(port);
    if (!node.alive) return;
    this.#signal(node, 'SIGKILL');
    await this.#until(
      () => !node.alive,
      () => `the node ${port} did not die`,
    );
  }

  /** Starts a node that was killed: empty, as the primary's replica when there is one. */
  async revive(port: number): Promise<void> {
    const node = this.#node(port);
    if (node.alive) return;
    await this.#start(node);
    if (this.kind === 'sentinel') await this.#demote();
  }

  /** Tells former primaries who took their place; the sentinels would see to it themselves, in about twelve seconds. */
  async #demote(): Promise<void> {
    const primary = this.kind === 'replica' ? this.#promoted : await this.primary();
    if (primary === null || (this.kind !== 'sentinel' && this.kind !== 'replica')) return;
    for (const { port, role } of await this.nodes()) {
      if (role === 'primary' && port !== primary)
        await this.admin(port).call('REPLICAOF', '127.0.0.1', primary);
    }
  }

  /** Stops a node's processor: once this resolves it keeps its connections and answers nobody. */
  async hang(port: number): Promise<void> {
    const node = this.#node(port);
    this.#signal(node, 'SIGSTOP');
    await this.#until(
      () => node.stopped || !node.alive,
      () => `the node ${port} did not stop`,
    );
  }

  /** Gives it back. */
  wake(port: number): void {
    const node = this.#node(port);
    node.stopped = false;
    this.#signal(node, 'SIGCONT');
  }

  /** Gives back every node and the link, whatever was done to them; the roles stay as they are. */
  async mend(): Promise<void> {
    await this.link(this.kind === 'regions' ? farMs : 0);
    for (const { port, alive } of this.#nodes.values()) {
      if (alive) this.wake(port);
      else await this.revive(port);
    }
    await this.#demote();
    await this.settled();
    await this.#until(
      () => sentinelsAgree(this.#nodes.values()),
      () => 'the sentinels do not agree',
    );
  }

  /** Makes a replica the primary, and the former primary its replica, as an operator would. */
  async promote(port: number): Promise<void> {
    this.#promoted = port;
    await this.admin(port).call('REPLICAOF', 'NO', 'ONE');
    for (const { port: other, alive, admin } of this.#servers())
      if (other !== port && alive) await admin!.call('REPLICAOF', '127.0.0.1', port);
  }

  /** Resolves when every living node that holds keys is a primary, or follows one and has what it wrote, and those who watch agree. */
  async settled(): Promise<void> {
    let why = '';
    const isSettled = async () => (why = await unsettled(this.kind, this.#nodes.values())) === '';
    await this.#until(isSettled, () => `the ${this.kind} topology is not ready: ${why} ${this.#lastWords}`);
  }

  /** One tap a port, for one process of an answer; `region` is where that process lives, where it matters. */
  openTaps(region: number): Map<number, Tap> {
    const taps = new Map(this.ports.map((port) => [port, new Tap(this.#commands!)]));
    this.adopt(taps, region);
    return taps;
  }

  /** Leads these taps to the nodes of their ports, from one life of a node to the next. */
  adopt(taps: ReadonlyMap<number, Tap>, region = 0): void {
    for (const [place, node] of [...this.#nodes.values()].entries()) {
      const tap = taps.get(node.port);
      if (!tap || node.taps.has(tap)) continue;
      if (node.alive) tap.connect(this.#path(node));
      node.taps.add(tap);
      if (this.kind !== 'regions' || place === region) continue;
      this.#far.add(tap);
      this.#spread(tap);
    }
  }

  /** Round trips between regions take so long from now on; null cuts the link: nothing comes through. */
  setLink(ms: number | null): void {
    this.#linkMs = ms;
    for (const tap of this.#far) this.#spread(tap);
  }

  /** The same, also of the links by which nodes copy one another and watch over one another. */
  async link(ms: number | null): Promise<void> {
    if (this.kind === 'regions') this.setLink(ms);
    const linked = [...this.#nodes.values()].filter(({ inner }) => inner !== undefined);
    await Promise.all(linked.map((node) => this.#link(node, ms)));
  }

  /** Cuts a node off from the others: its clients still reach it, and none of them is told. */
  async isolate(port: number): Promise<void> {
    await this.#link(this.#node(port), null);
  }

  /** Whether a tap leads to another region, whose distance is not for others to set. */
  isFar(tap: Tap): boolean {
    return this.#far.has(tap);
  }

  async close(): Promise<void> {
    this.#loss ??= { cause: 'reset', keysLost: null };
    await this.box.kill();
  }

  async #link(node: Node, ms: number | null): Promise<void> {
    const { port, life, inner } = node;
    if (inner === undefined) throw new Error(`the node ${port} has no link of its own`);
    node.linking++;
    this.#say({ op: 'link', port, life, ms });
    await this.#until(
      () => node.linking === 0 || node.life !== life,
      () => `the link of ${port} did not change`,
    );
  }

  #spread(tap: Tap): void {
    tap.roundTripMs = this.#linkMs ?? 0;
    tap.fault = this.#linkMs === null ? { kind: 'stall', at: 1, ms: null } : null;
  }

  #servers(): Node[] {
    return [...this.#nodes.values()].filter(({ sentinel }) => !sentinel);
  }

  #node(port: number): Node {
    const node = this.#nodes.get(port);
    if (!node) throw new Error(`there is no node ${port}`);
    return node;
  }

  #path(node: Node): string {
    return join(dirname(this.box.redisSocket!), `${node.port}.${node.life}.sock`);
  }

  async #start(node: Node): Promise<void> {
    node.life++;
    const { port, inner, life, sentinel, config, files } = node;
    node.linking = 0;
    this.#say({ op: 'start', port, inner, life, sentinel, config, files: life === 0 ? files : {} });
    node.alive = true;
    const path = this.#path(node);
    const admin = guard(
      new Redis({
        path,
        username: 'admin',
        password: this.#adminPassword,
        enableReadyCheck: false,
        maxRetriesPerRequest: null,
        retryStrategy: () => (node.alive && node.life === life && !this.#loss ? 5 : null),
      }),
    );
    admin.on('error', () => {});
    node.admin = admin;
    let ready = false;
    admin.ping().then(
      () => (ready = true),
      () => {},
    );
    await this.#until(
      () => ready || !node.alive,
      () => `the node ${port} does not answer`,
    );
    if (!ready) throw new InstanceError(`the node ${port} ended at its start: ${this.#lastWords}`);
    this.#sealed = new Set(await this.box.seal());
    if (!this.#sealed.has(`${port}.${life}.sock`)) throw new InstanceError(`the node ${port} has no socket`);
    for (const tap of node.taps) tap.connect(path);
  }

  async #until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
    const deadline = performance.now() + patience;
    while (!(await condition())) {
      if (this.#loss)
        throw new InstanceError(`the topology is gone (${this.#loss.cause}): ${this.#lastWords}`);
      if (performance.now() > deadline) throw new InstanceError(what());
      await sleep(pollMs);
    }
  }

  #signal({ port, life }: Node, signal: (TopologyRequest & { op: 'signal' })['signal']): void {
    this.#say({ op: 'signal', port, life, signal });
  }

  #say(request: TopologyRequest): void {
    if (this.box.control.writable) this.box.control.write(`${JSON.stringify(request)}\n`);
  }

  #listen(): void {
    let text = '';
    this.box.control.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!.slice(-10_000);
      for (const line of lines) this.#hear(line);
    });
  }

  /** A box's word: it can only make a node look dead, stopped or linked. */
  #hear(line: string): void {
    let frame: Partial<Record<keyof TopologyFrame | 'said', unknown>>;
    try {
      frame = JSON.parse(line);
    } catch {
      return;
    }
    const node = this.#nodes.get(Number(frame.port));
    if (!node || node.life !== frame.life) return;
    if (frame.type === 'stopped') node.stopped = true;
    else if (frame.type === 'linked') node.linking = Math.max(0, node.linking - 1);
    else {
      this.#lastWords = String(frame.said).trim().slice(-500);
      this.#end(node);
    }
  }

  #end(node: Node): void {
    node.alive = false;
    node.stopped = false;
    node.admin?.disconnect();
    for (const tap of node.taps) tap.cut();
  }
}

/** Starts a topology in a box of its own: every node configured, sealed, and in its role. */
export async function startTopology(
  sandbox: Sandbox,
  kind: TopologyKind,
  needs: InstanceNeeds,
  role: RedisSetting['role'],
  { links = false, owner }: { links?: boolean; owner?: string } = {},
): Promise<Topology> {
  const memory = Math.ceil(needs.memory / portsOf(kind).nodes.length);
  const box = await sandbox.start({
    program: 'topology',
    memory: topologyMemory(kind, memory) + memoryBeyondKeys,
    disk,
    owner,
  });
  const adminPassword = newAdminPassword();
  const topology = new Topology(kind, box, adminPassword);
  try {
    const { policy, clients } = needs;
    await topology.begin(topologyNodes({ kind, memory, policy, clients, role, adminPassword, links }));
    return topology;
  } catch (error) {
    await topology.close();
    throw error;
  }
}
