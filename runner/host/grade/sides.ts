import type { Language } from '../../../labs/kit.ts';
import type { GradingContext } from './context.ts';
import type { Lab } from './lab.ts';
import type { Sides, TimedSide } from './latency.ts';
import { openPair, processNeeds, type Pair } from './pair.ts';
import { startProcess, type AnswerProcess } from './process.ts';
import { randomFrom } from './random.ts';

/** Handlers that do nothing, in each language. */
const idle: Record<Language, (handlers: readonly string[]) => string> = {
  typescript: (handlers) =>
    handlers.map((name) => `export async function ${name}() { return null; }`).join('\n'),
  python: (handlers) =>
    handlers.map((name) => `async def ${name}(*arguments):\n    return None`).join('\n\n'),
  go: (handlers) =>
    [
      'package main',
      ...handlers.map((name) => `func ${name}(arguments ...any) (any, error) { return nil, nil }`),
    ].join('\n\n'),
};

/** Opens the three sides of a measure and the process that does nothing; `close` ends them all. */
export async function openSides(
  context: GradingContext,
  lab: Lab,
  language: Language,
  code: string,
  seed: number,
): Promise<{ sides: Sides; close(): Promise<void> }> {
  const reference = lab.solutions[language]!;
  const opening = [code, reference, reference].map((answer) => openPair(context, lab, language, answer));
  const opened = await Promise.allSettled(opening);
  let nothing: AnswerProcess | null = null;
  const close = async () => {
    await nothing?.kill();
    await Promise.all(opened.map(async (one) => one.status === 'fulfilled' && one.value.close()));
  };
  try {
    const pairs = opened.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const { handlers } = lab.settings;
    nothing = await startProcess({
      ...processNeeds(context, lab, language, idle[language](handlers), pairs[1].instance, 0),
      replies: {},
      ended: () => {},
    });
    const [learner, first, second] = pairs.map((pair) => timed(pair, lab, seed));
    const sides = {
      learner: learner,
      reference: first,
      control: second,
      nothing: { process: nothing, op: handlers[0] },
    };
    return { sides, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function timed(pair: Pair, lab: Lab, seed: number): TimedSide {
  const random = randomFrom(seed);
  const traffic = lab.workload!.traffic(random);
  return {
    side: { processes: pair.processes(), traffic, keys: pair.keys, random },
    freeze: () => pair.freeze(),
    thaw: () => pair.thaw(),
  };
}
