import type { Language, LabSettings, Random } from '../../../labs/kit.ts';
import type { GradingContext } from './context.ts';
import type { Lab } from './lab.ts';
import type { Sides, TimedSide } from './latency.ts';
import { openPair, type Pair } from './pair.ts';
import { randomFrom } from './random.ts';

/** Handlers that do nothing, in each language. */
const nothing: Record<Language, (handlers: readonly string[]) => string> = {
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
  const opened: Pair[] = [];
  const close = async () => void (await Promise.all(opened.map((pair) => pair.close())));
  const open = async (answer: string, of: Lab): Promise<Pair> => {
    const pair = await openPair(context, of, language, answer);
    opened.push(pair);
    return pair;
  };
  const timed = async (answer: string): Promise<TimedSide> => {
    const pair = await open(answer, lab);
    const random: Random = randomFrom(seed);
    const traffic = lab.workload!.traffic(random);
    return {
      side: { processes: pair.processes(), traffic, keys: pair.keys, random },
      boxes: () => pair.boxes(),
    };
  };
  const { handlers }: LabSettings = lab.settings;
  try {
    const reference = lab.solutions[language]!;
    const learner = await timed(code);
    const sides = {
      learner,
      reference: await timed(reference),
      control: await timed(reference),
      nothing: {
        process: (
          await open(nothing[language](handlers), { ...lab, checker: { ...lab.checker, replies: {} } })
        ).processes()[0],
        op: handlers[0]!,
      },
    };
    return { sides, close };
  } catch (error) {
    await close();
    throw error;
  }
}
