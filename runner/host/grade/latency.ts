/**
 * Latency: the learner's answer beside the reference, in one run, as a ratio.
 *
 * Theory of operation. Three sides have each an instance and two processes: the learner, the reference,
 * and a second copy of the reference (the control). A round is one block of each in a drawn order, then
 * the same in the reverse order; outside its own block a side is frozen, boxes and instance. After each
 * thaw one untimed operation a process brings its memory back. What the processor still does after the
 * last reply is charged to the block, so nothing is gained by answering first and working later. One
 * more process, whose handlers do nothing, tells what the harness itself takes. ratio.ts decides.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabSettings, Latency, Random } from '../../../labs/kit.ts';
import type { Box } from '../protocol.ts';
import { AttemptEnded, type AnswerProcess } from './process.ts';
import { decide, ratiosOf, RUNS, type Block, type Round } from './ratio.ts';
import { callOperations, silence, verifyOperations, warmUp, type Side } from './traffic.ts';

/** A side that can be stopped. */
export interface TimedSide {
  side: Side;
  freeze: () => Promise<void>;
  thaw: () => Promise<void>;
}

/** The sides of a measure, and a process whose handlers do nothing. */
export interface Sides {
  learner: TimedSide;
  reference: TimedSide;
  control: TimedSide;
  nothing: { process: AnswerProcess; op: string };
}

const ROUNDS = 10;
const OPERATIONS = 24;
/** No run begins after this: others wait for the slot, and a machine this slow has nothing more to say. */
const MOST_MS = 40_000;

/** A measure, and the commands that the learner's processes had left behind. */
export interface Measured {
  latency: Latency;
  unfinished: string[];
}

/** Measures until the budget is kept, broken, or three runs have not been enough. */
export async function measureLatency(
  sides: Sides,
  settings: NonNullable<LabSettings['latency']>,
  random: Random,
): Promise<Measured> {
  const began = performance.now();
  const rounds: Round[] = [];
  const unfinished: string[] = [];
  for (const side of [sides.learner, sides.reference, sides.control]) await side.freeze();
  for (let runs = 1; ; runs++) {
    for (let round = 0; round < ROUNDS; round++) rounds.push(await playRound(sides, random, unfinished));
    const ratios = ratiosOf(rounds, random);
    const decision = decide(ratios, settings.budget, runs);
    if (decision.state === 'again' && runs < RUNS && performance.now() - began < MOST_MS) continue;
    const times = (side: 'learner' | 'reference') =>
      rounds.flatMap((round) => round[side].flatMap((block) => block.times));
    const latency: Latency = {
      state: decision.state === 'again' ? 'inconclusive' : decision.state,
      ratio: { mean: ratios.mean, p50: ratios.p50 },
      control: ratios.control.mean,
      budget: settings.budget,
      learner: times('learner').map(toTheMicrosecond),
      reference: times('reference').map(toTheMicrosecond),
      runs,
      irregular: 'irregular' in decision && decision.irregular,
      loadAverage: loadavg()[0],
      targetP99Ms: settings.targetP99Ms,
    };
    return { latency, unfinished };
  }
}

/** A latency that is not known yet. */
export function measuring({ budget, targetP99Ms }: NonNullable<LabSettings['latency']>): Latency {
  const unknown: Latency['control'] = [0, 0, 0];
  return {
    state: 'measuring',
    ratio: { mean: unknown, p50: unknown },
    control: unknown,
    budget,
    learner: [],
    reference: [],
    runs: 0,
    irregular: false,
    loadAverage: loadavg()[0],
    targetP99Ms,
  };
}

async function playRound(sides: Sides, random: Random, unfinished: string[]): Promise<Round> {
  const round: Round = { learner: [], reference: [], control: [], nothing: { times: [], afterMs: 0 } };
  const order = random.shuffle(['learner', 'reference', 'control'] as const);
  for (const name of [...order, ...order.toReversed()]) {
    round[name].push(await (name === 'learner' ? playBlock(sides[name]) : ours(playBlock(sides[name]))));
    const left = await silence(sides[name].side.processes, 0);
    if (name === 'learner') unfinished.push(...left);
    await sides[name].freeze();
  }
  for (let rank = 0; rank < OPERATIONS; rank++) {
    round.nothing.times.push((await sides.nothing.process.call(sides.nothing.op, [])).durationMs);
  }
  return round;
}

/** What goes wrong with the reference is never the learner's fault. */
async function ours<Value>(doing: Promise<Value>): Promise<Value> {
  try {
    return await doing;
  } catch (error) {
    const said = error instanceof Error ? error.message : 'what was thrown is no error';
    throw new AttemptEnded({ class: 'platform', code: 'reference-failed', data: { said } });
  }
}

async function playBlock({ side, thaw }: TimedSide): Promise<Block> {
  await thaw();
  if (side.random.chance(0.25)) await side.traffic.disturb?.(side.keys);
  await warmUp(side);
  const operations = await callOperations(side, OPERATIONS);
  const afterMs = await untilIdle(side.processes.flatMap(({ kernel }) => kernel.box ?? []));
  await verifyOperations(side, operations);
  return { times: operations.map(({ durationMs }) => durationMs), afterMs };
}

const IDLE_MICROSECONDS = 150;
const POLL_MS = 3;
const MOST_POLLS = 30;

/** Processor time used from now until the boxes are idle, milliseconds. */
async function untilIdle(boxes: readonly Box[]): Promise<number> {
  const used = async () =>
    (await Promise.all(boxes.map((box) => box.usage()))).reduce((sum, { cpu }) => sum + cpu, 0);
  const start = await used();
  let last = start;
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    await sleep(POLL_MS);
    const now = await used();
    const idle = now - last < IDLE_MICROSECONDS;
    last = now;
    if (idle) break;
  }
  return (last - start) / 1000;
}

function toTheMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
