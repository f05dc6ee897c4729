import { must, type Keys, type Race } from '../../labs/kit.ts';
import type { GradingContext } from '../host/grade/context.ts';
import { startProcess, type AnswerProcess } from '../host/grade/process.ts';
import { explore } from '../host/grade/race.ts';
import { figure, type Figure } from './figure.ts';
import { plants, type Plant, type RaceKind } from './plants.ts';

/** One side of a race: `act` by this name. */
type Act = (key: string, who: string) => Promise<unknown>;

/** The code of the property that a race of each kind breaks. */
const broken = {
  counter: 'count-lost',
  stock: 'oversold',
  document: 'change-lost',
  lock: 'lock-stolen',
} as const;

/** What each kind of race begins with, and what must hold of it. */
const races: Record<RaceKind, (keys: Keys, one: Act, other: Act) => Race<string, unknown, unknown>> = {
  counter: (keys, one, other) => ({
    arrange: async () => named(keys, 'SET', '0'),
    first: (key) => one(key, 'a'),
    meanwhile: (key) => other(key, 'b'),
    property: async (key) => must((await keys.command('GET', key)) === '2', broken.counter),
  }),
  stock: (keys, one, other) => ({
    arrange: async () => named(keys, 'SET', '1'),
    first: (key) => one(key, 'a'),
    meanwhile: (key) => other(key, 'b'),
    property: (_key, mine, theirs) => must(!(mine === true && theirs === true), broken.stock),
  }),
  document: (keys, one, other) => ({
    arrange: async () => named(keys, 'JSON.SET', '$', '[]'),
    first: (key) => one(key, 'a'),
    meanwhile: (key) => other(key, 'b'),
    async property(key) {
      const names = JSON.parse(String(await keys.command('JSON.GET', key))) as string[];
      must(names.toSorted().join() === 'a,b', broken.document);
    },
  }),
  lock: (keys, one) => ({
    arrange: async () => named(keys, 'SET', '0'),
    first: (key) => one(key, 'a'),
    event: 'the lock expires, and another takes it',
    async meanwhile(key) {
      await keys.remove(`${key}:lock`);
      await keys.command('SET', `${key}:lock`, 'b');
    },
    property: async (key) => must((await keys.command('GET', `${key}:lock`)) === 'b', broken.lock),
  }),
};

async function named(keys: Keys, command: string, ...value: string[]): Promise<string> {
  const key = `k:${Math.random()}`;
  await keys.command(command, key, ...value);
  return key;
}

/** How often a plant's race was found in so many explorations, and what each took, ms. */
export async function race(
  context: GradingContext,
  plant: Plant,
  runs: number,
): Promise<{ caught: number; times: number[] }> {
  const instance = await context.openInstance(
    { memory: 96, policy: 'noeviction', clients: 128, notify: '', slowlog: 10_000, topology: 'single' },
    '',
  );
  const processes: AnswerProcess[] = [];
  try {
    for (const place of [0, 1] as const) {
      processes.push(
        await startProcess({
          kernels: context.kernels,
          openTaps() {
            const taps = instance.openTaps(place);
            for (const tap of taps.values()) tap.roundTripMs = 1;
            return taps;
          },
          language: plant.language,
          code: plant.code,
          handlers: ['act'],
          replies: { act: 'boolean' },
          box: { memory: 256, disk: 16 },
          concurrency: 1,
          callTimeoutMs: 20_000,
          ended: () => {},
        }),
      );
    }
    const [one, other] = processes;
    const actOf =
      (process: AnswerProcess): Act =>
      async (key, who) =>
        (await process.call('act', [key, who])).value;
    const planted = races[plant.kind](instance.keys, actOf(one), actOf(other));
    // Connections and scripts are made before anything is held.
    for (const process of processes) await actOf(process)(await planted.arrange(), 'c');
    const times: number[] = [];
    let caught = 0;
    for (let run = 0; run < runs; run++) {
      const began = performance.now();
      const failure = await explore(planted, () => [one.tap, other.tap], context.hold).then(
        () => null,
        (error: unknown) => error,
      );
      times.push(performance.now() - began);
      if (failure instanceof Error && 'code' in failure && failure.code === broken[plant.kind]) caught++;
      else if (failure !== null) throw failure;
    }
    return { caught, times };
  } finally {
    for (const process of processes) await process.kill();
    await instance.close();
  }
}

/** Every planted race is found every time, and no correct way is ever blamed. */
export async function benchRaces(context: GradingContext, runs: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const plant of plants) {
    const { caught, times } = await race(context, plant, runs);
    const name = `${plant.language}, ${plant.kind}, ${plant.name}: ${plant.right ? 'blamed' : 'caught'} ${caught} of ${runs}`;
    const wrong = plant.right ? caught : runs - caught;
    figures.push({
      ...figure(name, 'ms', times),
      targets: [{ what: 'wrong', limit: 0, found: wrong, kept: wrong === 0 }],
    });
  }
  return figures;
}
