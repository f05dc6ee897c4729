/**
 * How a cost grows with the number of items: what Redis was sent, and how long it worked itself.
 *
 * Commands and bytes are exact. Redis' own time is the least of several runs, since whatever else the
 * machine does can only add to it, and of more of them when times are all that speaks against an answer;
 * below a floor times are all the same. The last decade tells the exponent: there a constant part weighs
 * least.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Growth, Grown, GrownPoint, Keys, Order } from '../../../labs/kit.ts';

/** What is seen of the learner's processes while a story runs. */
type Measure = (story: () => Promise<void>) => Promise<{ commands: number; bytes: number }>;

type Costs = Omit<GrownPoint, 'size'>;

const SIZES = [1_000, 10_000, 100_000];
const REPEATS = 5;
/** When times are all that speaks against it; so far apart that what disturbs some does not disturb all. */
const MOST_REPEATS = 25;
const APART_MS = 100;
/** Microseconds. */
const FLOOR = 100;
const orders: Order[] = ['O(1)', 'O(log N)', 'O(N)', 'O(N²)'];
const measures = ['commands', 'bytes', 'serverUs'] as const;

/** Tells a story at each size, and what of it grows fastest. */
export async function grow<Scene>(growth: Growth<Scene>, keys: Keys, measure: Measure): Promise<Grown> {
  const tell = async (scene: Scene): Promise<Costs> => {
    await keys.command('CONFIG', 'RESETSTAT');
    const { commands, bytes } = await measure(async () => void (await growth.story(scene)));
    return { commands, bytes, serverUs: workOf(String(await keys.command('INFO', 'commandstats'))) };
  };
  const points: GrownPoint[] = [];
  for (const size of growth.sizes ?? SIZES) {
    const scene = await growth.arrange(size);
    const point: GrownPoint = { size, commands: Infinity, bytes: Infinity, serverUs: Infinity };
    points.push(point);
    for (let repeat = 0; repeat < REPEATS || (repeat < MOST_REPEATS && isBlamedByTime(points)); repeat++) {
      if (repeat >= REPEATS) await delay(APART_MS);
      const run = await tell(scene);
      for (const name of measures) point[name] = Math.min(point[name], run[name]);
    }
  }
  const seen = points.map(floored);
  const worst = found(seen).reduce((one, other) => (rank(other) > rank(one) ? other : one));
  return { ...worst, points: seen };
}

/** Whether times alone say that it grows: then a disturbance could still be what they show. */
function isBlamedByTime(points: readonly GrownPoint[]): boolean {
  if (points.length < 2) return false;
  const [commands, bytes, time] = found(points.map(floored)).map(rank);
  return time >= orders.indexOf('O(N)') && time > Math.max(commands, bytes);
}

function found(points: readonly GrownPoint[]): { measure: keyof Costs; order: Order }[] {
  return measures.map((measure) => ({
    measure,
    order: orderOf(points.map((point) => [point.size, point[measure]])),
  }));
}

function rank({ order }: { order: Order }): number {
  return orders.indexOf(order);
}

function floored(point: GrownPoint): GrownPoint {
  return { ...point, serverUs: Math.max(FLOOR, point.serverUs) };
}

/** The order of growth of values at growing sizes. */
export function orderOf(points: readonly (readonly [size: number, value: number])[]): Order {
  const [[firstSize, first]] = points;
  const [[beforeSize, before], [lastSize, last]] = points.slice(-2);
  const exponent = Math.log(last / before) / Math.log(lastSize / beforeSize);
  // A time may jump in its last decade, when caches no longer hold what is walked through.
  if (Math.log(last / first) / Math.log(lastSize / firstSize) >= 1.6) return 'O(N²)';
  if (exponent >= 0.4) return 'O(N)';
  return last / first < 1.3 ? 'O(1)' : 'O(log N)';
}

/** Microseconds that Redis worked, without what the checker itself asked. */
function workOf(stats: string): number {
  const lines = stats.matchAll(/^cmdstat_([^:]+):calls=\d+,usec=(\d+)/gm);
  return [...lines]
    .filter(([, name]) => !/^(config|info|ping|dbsize|client|memory)\b/.test(name))
    .reduce((sum, [, , usec]) => sum + Number(usec), 0);
}
