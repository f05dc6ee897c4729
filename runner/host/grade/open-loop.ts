/**
 * Load that does not wait for the one it loads: calls have intended times, drawn in advance, and a call's
 * latency runs from there. A handler that stops for a second is charged the calls that should have been
 * made in that second, instead of being spared them (no coordinated omission).
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, Loaded, Operation, Random } from '../../../labs/kit.ts';
import { quantile } from './bootstrap.ts';

/** Calls an operation; rejects when the learner's handler does. */
type Call = (operation: Operation) => Promise<unknown>;

/**
 * Makes calls at a rate, arrivals drawn at random (Poisson), until the last has come back. Beside each goes a
 * `ping` of our own: what delays both is the machine.
 */
export async function openLoop(
  load: Load,
  call: Call,
  ping: () => Promise<unknown>,
  random: Random,
): Promise<Loaded> {
  const { perSecond, durationMs } = load;
  const intended = arrivals(perSecond, durationMs, random);
  const latencies: number[] = [];
  const services: number[] = [];
  const pings: number[] = [];
  let failed = 0;
  const began = performance.now();
  const calls: Promise<void>[] = [];
  for (const [rank, at] of intended.entries()) {
    const early = began + at - performance.now();
    if (early > 1) await sleep(early);
    calls.push(
      (async () => {
        const sent = performance.now();
        const value = await call(load.operation(rank)).catch((error: unknown) => error);
        const done = performance.now();
        if (value instanceof Error) failed++;
        latencies.push(done - (began + at));
        services.push(done - sent);
      })(),
      ping().then(() => void pings.push(performance.now() - (began + at))),
    );
  }
  await Promise.all(calls);
  const seconds = (performance.now() - began) / 1000;
  const spread = (values: number[]) => ({
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    p99: quantile(values, 0.99),
    max: Math.max(...values),
  });
  return {
    asked: intended.length,
    failed,
    perSecond: (intended.length - failed) / seconds,
    latencyMs: spread(latencies),
    serviceMs: spread(services),
    machineMs: spread(pings),
  };
}

/** Intended times from the start, milliseconds. */
export function arrivals(perSecond: number, durationMs: number, random: Random): number[] {
  const times: number[] = [];
  for (let at = gap(perSecond, random); at < durationMs; at += gap(perSecond, random)) times.push(at);
  return times.length > 0 ? times : [0];
}

function gap(perSecond: number, random: Random): number {
  return (-Math.log(random.integer(1, 1_000_000) / 1_000_001) / perSecond) * 1000;
}
