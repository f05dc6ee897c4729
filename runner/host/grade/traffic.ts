import { performance } from 'node:perf_hooks';
import type { Answer, Keys, Operation, Random, Traffic } from '../../../labs/kit.ts';
import type { AnswerProcess } from './process.ts';

/** One side of a measure: two processes of one answer on one instance, and the model that knows their replies. */
export interface Side {
  processes: readonly [AnswerProcess, AnswerProcess];
  traffic: Traffic<Answer>;
  keys: Keys;
  /** Draws which process is called, and the pauses; every side of a measure draws the same. */
  random: Random;
}

/** One operation that was answered; times are the host's clock, milliseconds. */
export interface Done {
  operation: Operation;
  value: unknown;
  sentMs: number;
  answeredMs: number;
  durationMs: number;
}

/** Calls so many operations, one at a time, each on a process drawn at random. */
export async function callOperations(side: Side, count: number): Promise<Done[]> {
  const all: Done[] = [];
  for (let rank = 0; rank < count; rank++) {
    await pause(side.random);
    all.push(await callOn(side, side.random.pick(side.processes)));
  }
  return all;
}

/** Calls one operation on each process: it connects, loads its scripts, or comes back from a freeze. */
export async function warmUp(side: Side): Promise<void> {
  const all: Done[] = [];
  for (const process of side.processes) all.push(await callOn(side, process));
  await verifyOperations(side, all);
}

/** Verifies every reply, in the order of the calls, and then the keys. */
export async function verifyOperations(side: Side, all: readonly Done[]): Promise<void> {
  for (const { operation, value, sentMs, answeredMs } of all) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its form was looked at when it came
    side.traffic.verify(operation, value as never, sentMs, answeredMs);
  }
  await side.traffic.inspect?.(side.keys);
}

async function callOn(side: Side, process: AnswerProcess): Promise<Done> {
  const operation = side.traffic.next();
  const sentMs = performance.now();
  const { value, durationMs } = await process.call(operation.op, operation.args);
  return { operation, value, sentMs, answeredMs: performance.now(), durationMs };
}

/** Sometimes lets a moment pass, in every phase alike, so that an answer cannot tell which one it is in. */
export async function pause(random: Random): Promise<void> {
  if (random.chance(0.1)) await new Promise((resolve) => setTimeout(resolve, random.integer(1, 4)));
}

/** Waits until the processes have been silent long enough for work left behind to show on the wire. */
export async function silence(processes: readonly AnswerProcess[], ms = 40): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return processes.flatMap((process) => process.takeUnfinished());
}
