import type { Keys, Language } from '../../../labs/kit.ts';
import type { GradingContext } from './context.ts';
import type { GradingInstance } from './ground.ts';
import type { Lab } from './lab.ts';
import { startProcess, type AnswerProcess, type ProcessNeeds } from './process.ts';
import type { Ending } from './verdict.ts';

/** Two processes of one answer on one instance of their own. */
export interface Pair {
  readonly instance: GradingInstance;
  readonly keys: Keys;
  /** The processes of now. */
  processes(): readonly [AnswerProcess, AnswerProcess];
  /** Why the attempt cannot go on, when one of its processes said so. */
  ending(): Ending | null;
  /** Stops the processor for the instance and both processes; only for a pair that was opened to be timed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills a process, the first unless told otherwise, and starts another in its place. */
  restart(place?: 0 | 1): Promise<void>;
  close(): Promise<void>;
}

/** Round trips of a lab that does not say otherwise: what a network would take, in every phase alike. */
const ROUND_TRIP_MS = 1;

/** What every process of an answer to this lab is made from, on the instance behind this socket. */
export function processNeeds(
  context: GradingContext,
  { settings, checker }: Lab,
  language: Language,
  code: string,
  instance: GradingInstance,
  place: 0 | 1,
): Omit<ProcessNeeds, 'ended'> {
  const roundTripMs = settings.latency?.roundTripMs ?? ROUND_TRIP_MS;
  return {
    kernels: context.kernels,
    openTaps() {
      const taps = instance.openTaps(place);
      for (const tap of taps.values()) if (!instance.topology?.isFar(tap)) tap.roundTripMs = roundTripMs;
      return taps;
    },
    language,
    code,
    handlers: settings.handlers,
    replies: checker.replies,
    box: { ...settings.box, ...(instance.ports && { ports: instance.ports }) },
    concurrency: settings.concurrency,
    callTimeoutMs: settings.callTimeoutMs,
  };
}

/** Starts an instance, seeds it, and starts two processes of the answer on it. */
export async function openPair(
  context: GradingContext,
  lab: Lab,
  language: Language,
  code: string,
): Promise<Pair> {
  const instance = await context.openInstance(lab.settings.instance, lab.seed);
  let ending: Ending | null = null;
  let processes: [AnswerProcess, AnswerProcess] | null = null;
  const start = (place: 0 | 1) => {
    const needs = processNeeds(context, lab, language, code, instance, place);
    return startProcess({ ...needs, ended: (reason) => (ending ??= reason) });
  };
  const boxes = () => processes!.flatMap(({ kernel }) => kernel.box ?? []);
  const startBoth = async (): Promise<[AnswerProcess, AnswerProcess]> => {
    const started = await Promise.allSettled([start(0), start(1)]);
    const [first, second] = started;
    if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
    for (const one of started) if (one.status === 'fulfilled') await one.value.kill();
    throw started.find((one) => one.status === 'rejected')!.reason;
  };
  const close = async () => {
    await Promise.all(processes?.map((process) => process.kill()) ?? []);
    await instance.close();
  };
  try {
    processes = await startBoth();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    instance,
    keys: instance.keys,
    processes: () => processes,
    ending: () => ending,
    freeze: async () => void (await Promise.all([instance.freeze(), ...boxes().map((box) => box.freeze())])),
    thaw: async () => void (await Promise.all([instance.thaw(), ...boxes().map((box) => box.thaw())])),
    async restart(place = 0) {
      await processes[place].kill();
      processes[place] = await start(place);
    },
    close,
  };
}
