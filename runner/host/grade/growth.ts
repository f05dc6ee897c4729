/**
 * How a cost grows with the number of items: what Redis was sent, and how long it worked itself.
 *
 * Commands and bytes are exact. Redis' own time is the least of several runs, since whatever else the
 * machine does can only add to it, and below a floor times are all the same. The last decade tells the
 * exponent: there a constant part weighs least.
 */
import type { Growth, Grown, GrownPoint, Keys, Order } from '../../../labs/kit.ts';

/** What is seen of the learner's processes while a story runs. */
type Measure = (story: () => Promise<void>) => Promise<{ commands: number; bytes: number }>;

const SIZES = [1_000, 10_000, 100_000];
const REPEATS = 5;
/** Microseconds. */
const FLOOR = 100;
const orders: Order[] = ['O(1)', 'O(log N)', 'O(N)', 'O(N²)'];
const measures = ['commands', 'bytes', 'serverUs'] as const;

/** Tells a story at each size, and what of it grows fastest. */
export async function grow<Scene>(growth: Growth<Scene>, keys: Keys, measure: Measure): Promise<Grown> {
  const points: GrownPoint[] = [];
  for (const size of growth.sizes ?? SIZES) {
    const scene = await growth.arrange(size);
    const runs: Omit<GrownPoint, 'size'>[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      await keys.command('CONFIG', 'RESETSTAT');
      const { commands, bytes } = await measure(async () => void (await growth.story(scene)));
      runs.push({ commands, bytes, serverUs: workOf(String(await keys.command('INFO', 'commandstats'))) });
    }
    const least = (name: keyof Omit<GrownPoint, 'size'>) => Math.min(...runs.map((run) => run[name]));
    points.push({
      size,
      commands: least('commands'),
      bytes: least('bytes'),
      serverUs: Math.max(FLOOR, least('serverUs')),
    });
  }
  const found = measures.map((name) => ({
    measure: name,
    order: orderOf(points.map((point) => [point.size, point[name]])),
  }));
  const worst = found.reduce((one, other) =>
    orders.indexOf(other.order) > orders.indexOf(one.order) ? other : one,
  );
  return { ...worst, points };
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
