import type { Fault } from './protocol.ts';
import type { Fault as WireFault } from './tap/fault.ts';

/** What each position of a lesson's fault switch does on the wire, for one run. */
export const faultSwitch: Record<Fault, WireFault | null> = {
  none: null,
  // The server has executed the command and its client will never know: the case that retries get wrong.
  cut: { kind: 'cut', when: 'after', at: 1, times: 1 },
  timeout: { kind: 'stall', at: 1, ms: null },
  noauth: { kind: 'answer', refusal: 'NOAUTH', at: 1, times: null },
  readonly: { kind: 'answer', refusal: 'READONLY', at: 1, times: null },
  oom: { kind: 'answer', refusal: 'OOM', at: 1, times: null },
  loading: { kind: 'answer', refusal: 'LOADING', at: 1, times: null },
};
