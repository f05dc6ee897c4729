/** How fair and how fast grading is: the figures of the grader, on boxes and a stack of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../host/protocol.ts';
import { gradeAttempt } from '../host/grade/grade.ts';
import type { GradingContext } from '../host/grade/context.ts';
import { Client } from '../commands/client.ts';
import { openGrading } from '../commands/grading.ts';
import { startStack } from '../commands/stack.ts';
import { app } from '../setup/places.mjs';
import { busyLoop } from './busy.ts';
import { figure, single, type Figure } from './figure.ts';
import { benchRaces } from './races.ts';

const LAB = '16-05a-fenetre-fixe';
const BUSY_LOOPS = 3;
const PATIENCE_MS = 600_000;
const answer = (file: string) => readFileSync(join(app, 'labs', LAB, file), 'utf8');

/** What can be measured by itself. */
export const gradingParts = ['races', 'verdicts', 'first'] as const;

/** `samples` is how often each answer is graded; 100 is what the figures are promised for. */
export async function benchGrading(
  parts: readonly string[],
  samples: number,
  learners: number,
  say: (what: string) => void,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const grading = await openGrading('bench');
  try {
    if (parts.includes('races')) {
      say('planted races');
      figures.push(...(await benchRaces(grading.context, samples)));
    }
    if (parts.includes('verdicts')) {
      figures.push(...(await verdicts(grading.context, samples, 'quiet', say)));
      const loops = Array.from({ length: BUSY_LOOPS }, busyLoop);
      try {
        figures.push(...(await verdicts(grading.context, samples, `beside ${BUSY_LOOPS} busy loops`, say)));
      } finally {
        for (const loop of loops) loop.kill('SIGKILL');
      }
    }
  } finally {
    await grading.close();
  }
  if (parts.includes('first')) figures.push(...(await firstAnswers(samples, learners, say)));
  return figures;
}

/** The same two answers again and again: one equal to the reference, one that takes twice its time. */
async function verdicts(
  context: GradingContext,
  samples: number,
  where: string,
  say: (what: string) => void,
): Promise<Figure[]> {
  const found: Figure[] = [];
  for (const [file, mustBe, never] of [
    ['solution.ts', 'passed', 'failed'],
    ['attempts/mutant-slow-twice.ts', 'to-review', 'passed'],
  ] as const) {
    const all: Verdict[] = [];
    for (let sample = 0; sample < samples; sample++) {
      say(`${file} ${where}, ${sample + 1} of ${samples}`);
      const request = {
        lab: LAB,
        language: 'typescript',
        code: answer(file),
        seed: null,
        latency: true,
      } as const;
      all.push(await gradeAttempt(request, context, { check: () => {}, verdict: () => {} }));
    }
    const share = (kept: (verdict: Verdict) => boolean) => (100 * all.filter(kept).length) / all.length;
    const told = all.filter((verdict) => verdict.class !== 'inconclusive');
    const same = (100 * told.filter((verdict) => verdict.class === mustBe).length) / Math.max(1, told.length);
    const ratios = all.flatMap(({ latency }) => (latency ? [latency.ratio.p50[1]] : []));
    const wrong = all.filter(({ latency }) => latency?.state === never).length;
    found.push(
      {
        ...single(`${file} ${where}: same verdict, of those that could be told`, '%', same),
        targets: [{ what: '≥', limit: 99, found: same, kept: same >= 99 }],
      },
      single(`${file} ${where}: wrong verdicts of latency`, '', wrong, 0),
      single(
        `${file} ${where}: inconclusive`,
        '%',
        share((verdict) => verdict.class === 'inconclusive'),
        where === 'quiet' ? 5 : undefined,
      ),
      single(`${file} ${where}: coefficient of variation of the p50 ratio`, '%', 100 * variation(ratios)),
      figure(`${file} ${where}: p50 ratio to the reference`, '×', ratios),
      figure(
        `${file} ${where}: time to the first answer`,
        'ms',
        all.map(({ phases }) => phases.answer),
      ),
      figure(
        `${file} ${where}: time to the whole verdict`,
        'ms',
        all.flatMap(({ phases }) => phases.latency ?? []),
      ),
    );
  }
  return found;
}

function variation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(square) / mean;
}

/** From the click to correctness and cost, as a page sees them: alone, and when everybody clicks together. */
async function firstAnswers(
  samples: number,
  learners: number,
  say: (what: string) => void,
): Promise<Figure[]> {
  say('starting a stack');
  const stack = await startStack({ cellHosts: 1 });
  try {
    const alone: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      say(`a learner alone, ${sample + 1} of ${samples}`);
      const client = await Client.connect(stack.address);
      alone.push(await click(client));
      await client.hear('verdict', (message) => message.final, PATIENCE_MS);
      await client.close();
    }
    say(`${learners} learners together`);
    const all = await Promise.all(Array.from({ length: learners }, () => Client.connect(stack.address)));
    const together = await Promise.all(all.map(click));
    for (const client of all) await client.close();
    return [
      figure(`${LAB}: click → first answer, alone`, 'ms', alone, { p50: 1500 }),
      figure(`${LAB}: click → first answer, ${learners} learners together`, 'ms', together, { p50: 10_000 }),
    ];
  } finally {
    await stack.stop();
  }
}

async function click(client: Client): Promise<number> {
  const began = performance.now();
  client.send({ type: 'verify', lab: LAB, language: 'typescript', code: answer('solution.ts') });
  await client.hear('verdict', () => true, PATIENCE_MS);
  return performance.now() - began;
}
