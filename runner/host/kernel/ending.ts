import type { BoxExit, CodeError } from '../../../sandbox/run.ts';
import type { Outcome } from '../protocol.ts';

/** What the host itself ended a kernel for; it comes before anything the exit may look like. */
export type Cause = Extract<Outcome, { class: 'limit' | 'code-error' | 'interrupted' | 'platform' }>;

/** An engine that gives up on memory by itself: V8 by these exit codes, Python by its own words. */
const OUT_OF_MEMORY =
  /heap out of memory|Array buffer allocation failed|^MemoryError|fatal error: runtime: out of memory/m;

/** How a run ends when its kernel does. `lastWords` is the end of what the process wrote on stderr. */
export function endedBy(
  exit: BoxExit,
  memory: number,
  lastWords: string,
): Exclude<Outcome, { class: 'done' }> {
  if (exit.together !== undefined)
    return { class: 'limit', limit: 'memory', amount: exit.together, unit: 'MiB', together: true };
  if (exit.reason === 'memory' || (exit.reason !== 'killed' && OUT_OF_MEMORY.test(lastWords)))
    return { class: 'limit', limit: 'memory', amount: memory, unit: 'MiB' };
  return { class: 'kernel-ended', exit };
}

/** The cause when a process says what no kernel says. */
export function forged(): Cause {
  const error: CodeError = {
    name: 'ProtocolError',
    message: "The process wrote on the kernel's own channel",
    code: 'FORGED_FRAME',
    stack: [],
  };
  return { class: 'code-error', error };
}
