/** The ground of cells that run on a topology: several nodes, which begin empty and of which nothing is kept. */
import type { Server } from 'node:net';
import { deskPort, portsOf, type Sandbox, type TopologyKind } from '../../sandbox/run.ts';
import type { Ground, GroundSource } from './ground.ts';
import { defaultNeeds } from './instance-pool.ts';
import type { InstanceLoss, Unsaved } from './protocol.ts';
import type { Tap } from './tap/tap.ts';
import type { Taps } from './tap/taps.ts';
import { TopologyDesk } from './topology-desk.ts';
import { startTopology, type Topology } from './topology.ts';

/** Topologies of one kind, one after the other, and the desk from which a cell commands the one of now. */
export class TopologySource implements GroundSource {
  readonly ports: readonly number[];
  readonly opens: readonly number[];
  readonly #sandbox: Sandbox;
  readonly #kind: TopologyKind;
  readonly #owner: string | undefined;
  readonly #desk = new TopologyDesk(() => this.#topology);
  #topology: Topology | null = null;

  /** `owner` is whose boxes they are. */
  constructor(sandbox: Sandbox, kind: TopologyKind, owner: string | undefined) {
    const { nodes, sentinels } = portsOf(kind);
    this.ports = [...nodes, ...sentinels];
    this.opens = [...this.ports, deskPort];
    this.#sandbox = sandbox;
    this.#kind = kind;
    this.#owner = owner;
  }

  async start(): Promise<Ground> {
    const options = { links: true, owner: this.#owner };
    const topology = await startTopology(this.#sandbox, this.#kind, defaultNeeds, 'learner', options);
    this.#topology = topology;
    void topology.lost.then(() => {
      if (this.#topology === topology) this.#topology = null;
    });
    return new TopologyGround(topology);
  }

  serve(listener: Server): void {
    this.#desk.serve(listener);
  }

  async forget(): Promise<void> {}

  async lose(_why: Unsaved): Promise<void> {}

  closing(): void {
    this.#desk.close();
  }
}

class TopologyGround implements Ground {
  readonly keyspace = null;
  readonly unsaved = null;
  readonly lost: Promise<InstanceLoss>;
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.lost = topology.lost;
  }

  loss(): InstanceLoss | null {
    return this.#topology.loss();
  }

  /** Nobody watches over the nodes: one that hangs, or dies, is what its learner may have asked for. */
  use(): () => void {
    return () => {};
  }

  lead(taps: Taps): void {
    this.#topology.adopt(taps.byPort);
  }

  isNear(tap: Tap): boolean {
    return !this.#topology.isFar(tap);
  }

  /** Nodes that watch one another would take the time they slept for a fault of all the others: they are closed instead. */
  async freeze(): Promise<void> {}

  async thaw(): Promise<void> {}

  async save(): Promise<null> {
    return null;
  }

  close(): Promise<void> {
    return this.#topology.close();
  }
}
