import type { Keys } from '../../../labs/kit.ts';
import type { Box, InstanceLoss } from '../protocol.ts';
import type { Instance } from '../instance.ts';
import { Tap } from '../tap/tap.ts';
import type { Topology } from '../topology.ts';
import { keysOf, only } from './keys.ts';

/** What an attempt's processes talk to: one instance, or a topology. Its learner can neither watch nor disturb the checker. */
export interface GradingInstance {
  readonly keys: Keys;
  /** The ports that the boxes of the answer open; undefined for 6379 alone. */
  readonly ports: readonly number[] | undefined;
  readonly topology: Topology | null;
  readonly lost: Promise<InstanceLoss>;
  loss(): InstanceLoss | null;
  /** Connected taps by port, for one process; `place` is which of the two. */
  openTaps(place: 0 | 1): Map<number, Tap>;
  /** Says that it is used, until the function it returns is called. */
  use(): () => void;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  close(): Promise<void>;
}

/** One server. */
export function singleGround(instance: Instance): GradingInstance {
  return {
    keys: keysOf(only(instance.admin)),
    ports: undefined,
    topology: null,
    lost: instance.lost,
    loss: () => instance.loss(),
    openTaps() {
      const tap = new Tap(instance.commands);
      tap.connect(instance.socket);
      return new Map([[REDIS_PORT, tap]]);
    },
    use: () => instance.use(),
    freeze: () => instance.freeze(),
    thaw: () => instance.thaw(),
    close: () => instance.close(),
  };
}

const REDIS_PORT = 6379;

/** Several nodes in one box. */
export function topologyGround(topology: Topology): GradingInstance {
  const box: Box = topology.box;
  return {
    keys: keysOf({
      of: async (key) => topology.admin(await topology.primary(key)),
      all: async () => {
        const primaries = (await topology.nodes()).filter(({ role }) => role === 'primary');
        return primaries.map(({ port }) => topology.admin(port));
      },
    }),
    ports: topology.ports,
    topology,
    lost: topology.lost,
    loss: () => topology.loss(),
    openTaps: (place) => topology.openTaps(place),
    use: () => () => {},
    freeze: () => box.freeze(),
    thaw: () => box.thaw(),
    close: () => topology.close(),
  };
}
