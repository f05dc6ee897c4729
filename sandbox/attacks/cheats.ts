/** What cheats have in common: what they gain, and where in an honest answer they put their deed. */
import type { Graded, Outcome } from './attack.ts';

/** A cheat gains when its answer passes, and when it is not judged at all: that attempt costs nothing. */
export function gain(graded: Graded): Outcome {
  const effect = ['passed', 'platform', 'inconclusive'].includes(graded.class);
  return { effect, observed: `${graded.class}: ${graded.why.slice(0, 3).join(', ')}` };
}

/** What breaks its own instance gains when it is not judged: that attempt costs nothing. */
export function escape(graded: Graded): Outcome {
  const effect = ['platform', 'inconclusive'].includes(graded.class);
  return { effect, observed: `${graded.class}: ${graded.why.slice(0, 3).join(', ')}` };
}

/** The honest answer, with something done at the beginning of each call. */
export function during(solution: string, deed: string, head = ''): string {
  return `${head}\n${solution.replace('  const [compte', () => `  ${deed}\n  const [compte`)}`;
}
