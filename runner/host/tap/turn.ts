import { performance } from 'node:perf_hooks';

/** The number of the event loop's present turn: events that were ready together have the same. */
export function turn(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}
