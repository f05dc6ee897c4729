/** A node by its port, or the first that has the role. */
export type TopologyNode = number | 'primary' | 'replica';

/** The `topology` of a cell that runs on several nodes: what happens to them is real. */
export interface TopologyObject {
  /** The nodes that hold keys, and what each takes itself for. */
  nodes(): Promise<{ port: number; role: 'primary' | 'replica' | 'down' }[]>;
  /** The port of the primary; in a cluster, of the one that holds this key. */
  primary(key?: string): Promise<number>;
  /** Kills a node at once, as a power cut would. */
  kill(node: TopologyNode): Promise<void>;
  /** Starts it again, empty. */
  revive(node: TopologyNode): Promise<void>;
  /** Stops its processor: it keeps its connections and answers nobody. */
  hang(node: TopologyNode): Promise<void>;
  wake(node: TopologyNode): Promise<void>;
  /** Cuts it off from the other nodes; your clients still reach it. */
  isolate(node: TopologyNode): Promise<void>;
  /** Sets the round trip between nodes, in milliseconds; null cuts them off from one another. */
  link(ms: number | null): Promise<void>;
  /** Makes a replica the primary, as an operator would. */
  promote(node: TopologyNode): Promise<void>;
  /** Waits until another node has taken the place of this primary (of this key), and tells its port. */
  successor(former: number, key?: string): Promise<number>;
  /** Kills the primary (of this key) and waits for the next. */
  failover(key?: string): Promise<{ from: number; to: number }>;
  /** Gives back every node and every link; the roles stay as they are. */
  mend(): Promise<void>;
}
