import { must } from '../../labs/kit.ts';
import type { GradingContext } from '../host/grade/context.ts';
import { startProcess, type AnswerProcess } from '../host/grade/process.ts';
import { explore } from '../host/grade/race.ts';
import { figure, type Figure } from './figure.ts';
import { takers, type Taker } from './takers.ts';

/** How often a taker was caught overselling in so many explorations, and what each took, ms. */
export async function race(
  context: GradingContext,
  taker: Taker,
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
          language: taker.language,
          code: taker.code,
          handlers: ['take'],
          replies: { take: 'boolean' },
          box: { memory: 256, disk: 16 },
          concurrency: 1,
          callTimeoutMs: 20_000,
          ended: () => {},
        }),
      );
    }
    const [one, other] = processes;
    const take = async (process: AnswerProcess, key: string) => (await process.call('take', [key])).value;
    // Connections and scripts are made before anything is held.
    for (const process of processes) await take(process, await arrange());
    const times: number[] = [];
    let caught = 0;
    for (let run = 0; run < runs; run++) {
      const began = performance.now();
      const failure = await explore(
        {
          arrange,
          first: (key) => take(one, key),
          meanwhile: (key) => take(other, key),
          property: (_key, mine, theirs) => must(!(mine === true && theirs === true), 'oversold'),
        },
        () => [one.tap, other.tap],
        context.hold,
      ).then(
        () => null,
        (error: unknown) => error,
      );
      times.push(performance.now() - began);
      if (failure instanceof Error && 'code' in failure && failure.code === 'oversold') caught++;
      else if (failure !== null) throw failure;
    }
    return { caught, times };
  } finally {
    for (const process of processes) await process.kill();
    await instance.close();
  }

  async function arrange(): Promise<string> {
    const key = `stock:${Math.random()}`;
    await instance.keys.command('SET', key, 1);
    await instance.keys.command('JSON.SET', `${key}:json`, '$', '{"left":1}');
    return key;
  }
}

/** Every planted race is found every time, and no correct way is ever blamed. */
export async function benchRaces(context: GradingContext, runs: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const taker of takers) {
    const { caught, times } = await race(context, taker, runs);
    const name = `${taker.language}, ${taker.name}: ${taker.right ? 'blamed' : 'caught'} ${caught} of ${runs}`;
    const wrong = taker.right ? caught : runs - caught;
    figures.push({
      ...figure(name, 'ms', times),
      targets: [{ what: 'wrong', limit: 0, found: wrong, kept: wrong === 0 }],
    });
  }
  return figures;
}
