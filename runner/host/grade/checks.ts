import {
  isFailure,
  type Answer,
  type Check,
  type Failure,
  type CheckResult,
  type Verdict,
} from '../../../labs/kit.ts';
import type { Lab } from './lab.ts';
import type { Pair } from './pair.ts';
import { powersOn } from './powers.ts';
import { AttemptEnded, HandlerThrew, ProcessGone } from './process.ts';
import type { Hold } from './race.ts';
import { randomFrom, seedOf } from './random.ts';
import { notChecked, obstacle, outcome, planOf, type Ending } from './verdict.ts';

/** The first error that a handler threw where none was expected. */
export type Thrown = NonNullable<Verdict['error']>;

/**
 * Runs the teacher's checks in order with one seed; each result is told as soon as it is known.
 * Rejects with `AttemptEnded` when the attempt stops here.
 */
export async function runChecks(
  lab: Lab,
  checks: readonly Check<Answer>[],
  pair: Pair,
  hold: Hold,
  seed: number,
  tell: (result: CheckResult) => void,
): Promise<{ thrown: Thrown | null }> {
  const results = new Map<string, CheckResult>();
  let thrown: Thrown | null = null;
  let faulted = false;
  let broken = false;
  const { topology } = pair.instance;
  const stage = {
    processes: () => pair.processes(),
    restart: () => pair.restart(),
    keys: pair.keys,
    hold,
    handlers: lab.settings.handlers,
    faulted: () => void (faulted = true),
    topology,
    broken: () => void (broken = true),
  };
  for (const check of checks) {
    const plan = planOf(check);
    let result = notChecked(plan, 'depends-on');
    if (obstacle(plan, results) === null) {
      const powers = powersOn(stage, randomFrom(seedOf(seed, check.id)));
      const failure = await check.run(powers).then(
        () => null,
        (error: unknown) => error,
      );
      const ending = endingAfter(pair, failure);
      if (ending) throw new AttemptEnded(ending);
      if (broken) await topology?.mend();
      await leaveBehind(pair, faulted || broken, broken);
      faulted = broken = false;
      if (failure instanceof HandlerThrew) thrown ??= thrownBy(failure);
      result = outcome(plan, isFailure(failure) ? told(failure) : null);
    }
    results.set(check.id, result);
    tell(result);
  }
  return { thrown };
}

/** What a check leaves in a process (a call without end, a client that waits to reconnect) is not the next one's affair. */
async function leaveBehind(pair: Pair, first: boolean, second: boolean): Promise<void> {
  const [learner, other] = pair.processes();
  if (first || learner.busy) await pair.restart(0);
  if (second || other.busy) await pair.restart(1);
}

function told({ code, data, timeline }: Failure): Pick<CheckResult, 'code' | 'data' | 'timeline'> {
  return { code, data, ...(timeline && { timeline }) };
}

function thrownBy({ error: { name, message, line, column } }: HandlerThrew): Thrown {
  return { name, message, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}

/** Why the attempt stops here, or null: a failure of the check is none. */
export function endingAfter(pair: Pair, failure: unknown): Ending | null {
  const loss = pair.instance.loss();
  if (loss) return { class: 'limit', code: `redis-lost-${loss.cause}`, data: {} };
  const ending = pair.ending();
  if (ending) return ending;
  if (failure === null || isFailure(failure)) return null;
  if (failure instanceof AttemptEnded) return failure.ending;
  if (failure instanceof ProcessGone) return { class: 'platform', code: 'process-gone', data: {} };
  const said = failure instanceof Error ? (failure.stack ?? failure.message) : 'what was thrown is no error';
  return { class: 'platform', code: 'checker-broken', data: { said: said.slice(0, 1000) } };
}
