import type { CheckResult, Verdict, VerdictClass } from '../../../labs/kit.ts';

/** The verdict that an answer shipped with a lab must get, as its first line says. */
export interface Expectation {
  class: VerdictClass;
  /** The verdict's own code, for an attempt that ends early. */
  code: string | null;
  /** The code of every check that fails, by check; no other may fail. */
  failures: Record<string, string>;
  /** Those of them that the machine's haste decides: work after a reply may be counted or come too late to be. */
  uncertain: Set<string>;
}

const classes = ['passed', 'to-review', 'code-error', 'limit', 'platform', 'inconclusive'] as const;

/**
 * Reads a first line: `// passed`, `// to-review race=both-allowed, burst=burst-miscounted`, or
 * `// limit attempt-time` when the attempt ends before its checks do. A check may pass too if its code ends with `?`.
 */
export function readExpectation(firstLine: string): Expectation {
  const [name = '', ...rest] = firstLine
    .replace(/^(\/\/|#)\s*/, '')
    .trim()
    .split(/[\s,]+/);
  const verdictClass = classes.find((one) => one === name);
  if (verdictClass === undefined)
    throw new Error(`the first line must begin with a verdict class, not “${firstLine}”`);
  const failures: Record<string, string> = {};
  const uncertain = new Set<string>();
  let code: string | null = null;
  for (const word of rest) {
    const [check, sentence] = word.split('=');
    if (sentence === undefined) code = word;
    else failures[check] = sentence.replace(/\?$/, '');
    if (sentence?.endsWith('?')) uncertain.add(check);
  }
  return { class: verdictClass, code, failures, uncertain };
}

/** What differs between a verdict and what was expected of it, in words for a teacher; empty when nothing does. */
export function differences(expected: Expectation, verdict: Verdict): string[] {
  const found = failuresOf(verdict.checks);
  const wrong: string[] = [];
  if (verdict.class !== expected.class) wrong.push(`class ${verdict.class} instead of ${expected.class}`);
  if (expected.code !== null && verdict.code !== expected.code) {
    wrong.push(`code ${verdict.code ?? 'none'} instead of ${expected.code}`);
  }
  for (const check of new Set([...Object.keys(expected.failures), ...Object.keys(found)])) {
    const [should, does] = [expected.failures[check], found[check]];
    if (should !== does && (does || !expected.uncertain.has(check)))
      wrong.push(
        `${check} ${does ? `fails with ${does}` : 'does not fail'}${should ? `, not ${should}` : ''}`,
      );
  }
  if (wrong.length > 0 && verdict.code)
    wrong.push(`verdict says ${verdict.code} ${JSON.stringify(verdict.data ?? {})}`);
  return wrong;
}

/** Whether every public check that looks at the answer's behaviour passed. */
export function foolsPublicChecks(verdict: Verdict): boolean {
  return verdict.checks
    .filter(
      ({ visibility, axis }) => visibility === 'public' && (axis === 'correctness' || axis === 'robustness'),
    )
    .every(({ state }) => state === 'passed');
}

function failuresOf(checks: readonly CheckResult[]): Record<string, string> {
  return Object.fromEntries(
    checks.filter(({ state }) => state === 'failed').map(({ id, code }) => [id, code ?? '']),
  );
}
