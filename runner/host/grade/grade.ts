/**
 * Grades one attempt: correctness and cost first, then latency, which completes the same verdict.
 *
 * Theory of operation. The answer runs in two boxes on an instance of its own, and the checks here,
 * outside; nothing that a check knows ever enters a box. The teacher's checks run with one seed, then
 * those that passed run again with another. The workload follows: its replies are verified by a model,
 * its cost is counted by the taps. When all this is right, the answer is timed beside the reference, one
 * attempt at a time. The first thing that stops an attempt is its verdict; what is our fault is never
 * the learner's.
 */
import { isFailure, type AttemptRequest, type CheckResult, type Verdict } from '../../../labs/kit.ts';
import { endingAfter, runChecks } from './checks.ts';
import type { GradingContext } from './context.ts';
import { labFolders, readLab, type Lab } from './lab.ts';
import { measureLatency, measuring } from './latency.ts';
import { openPair, type Pair } from './pair.ts';
import { planChecks } from './plan.ts';
import { AttemptEnded } from './process.ts';
import { drawSeed, randomFrom, seedOf } from './random.ts';
import { openSides } from './sides.ts';
import { judge, notChecked, obstacle, outcome, type Ending, type Findings } from './verdict.ts';
import { leftUndone, playWorkload } from './workload.ts';

/** Who listens to an attempt. A check may be told twice: the later word counts. */
export interface GradingEvents {
  check(result: CheckResult): void;
  /** Everything but latency is known; the whole verdict is what `gradeAttempt` resolves to. */
  verdict(verdict: Verdict): void;
  /** The attempt waits to be timed, in this place (1 is the next); 0 when its turn has come. */
  timing?(place: number): void;
}

/** Grades an answer; rejects only when the lab itself cannot be read. */
export async function gradeAttempt(
  request: AttemptRequest,
  context: GradingContext,
  events: GradingEvents,
): Promise<Verdict> {
  const began = performance.now();
  const folder = labFolders(context.rooms).get(request.lab);
  if (folder === undefined) throw new Error(`there is no lab ${request.lab}`);
  const lab = await readLab(folder);
  const seed = request.seed ?? drawSeed();
  const results = new Map<string, CheckResult>();
  const findings: Findings = {
    plan: planChecks(lab),
    results,
    ending: null,
    cost: null,
    latency: null,
    thrown: null,
    phases: {},
    versions: { lab: lab.version, checker: lab.checkerVersion, ...context.versions },
    seed,
  };
  const attempt: Attempt = {
    request,
    lab,
    context,
    seed,
    findings,
    tell(result) {
      results.set(result.id, result);
      events.check(result);
    },
    phase(name) {
      findings.phases[name] = Math.round((performance.now() - began) * 10) / 10;
    },
  };

  const gone = await context.answering(() => answerCorrectness(attempt));
  attempt.phase('answer');
  const latency = findings.plan.find(({ axis }) => axis === 'latency');
  if (latency && !findings.ending) {
    const parent = obstacle(latency, results);
    const why = parent === null ? (request.latency ? 'latency-pending' : 'latency-not-asked') : 'depends-on';
    attempt.tell(notChecked(latency, why));
    if (why === 'latency-pending') {
      findings.latency = measuring(lab.settings.latency!);
      events.verdict(judge(findings));
      await gone();
      // Nothing is timed, and no limit runs, while the attempt waits for the slot.
      await context.timed(
        () => {
          attempt.phase('turn');
          return answerLatency(attempt);
        },
        (place) => events.timing?.(place),
      );
      attempt.phase('latency');
    }
  }
  await gone();
  return judge(findings);
}

interface Attempt {
  request: AttemptRequest;
  lab: Lab;
  context: GradingContext;
  seed: number;
  findings: Findings;
  tell: (result: CheckResult) => void;
  phase: (name: string) => void;
}

/** Resolves when correctness and cost are known, with the function that waits until their boxes are gone. */
async function answerCorrectness(attempt: Attempt): Promise<() => Promise<void>> {
  const { context, lab, request, seed, findings } = attempt;
  let pair: Pair | null = null;
  let leave = noop;
  try {
    pair = await openPair(context, lab, request.language, request.code);
    leave = pair.instance.use();
    attempt.phase('ready');
    const { checks } = lab.checker;
    const first = await runChecks(lab, checks, pair, context.hold, seed, attempt.tell);
    findings.thrown = first.thrown;
    attempt.phase('checks');

    const again = checks.filter(
      ({ id, axis }) => axis === 'correctness' && findings.results.get(id)?.state === 'passed',
    );
    const second = await runChecks(lab, again, pair, context.hold, seedOf(seed, 'again'), (result) => {
      if (result.state !== 'passed') attempt.tell(result);
    });
    findings.thrown ??= second.thrown;
    attempt.phase('again');

    await answerWorkload(attempt, pair);
    attempt.phase('cost');
  } catch (error) {
    findings.ending = pair ? endingAfter(pair, error) : endingOfStart(error);
  }
  leave();
  const closed = pair?.close();
  return async () => closed;
}

async function answerWorkload({ lab, seed, findings, tell }: Attempt, pair: Pair): Promise<void> {
  const plans = findings.plan.filter(({ id }) => !findings.results.has(id) && id !== 'latency');
  const blocked = plans[0] && obstacle(plans[0], findings.results) !== null;
  const { failures, cost } = blocked
    ? { failures: new Map(), cost: null }
    : await playWorkload(lab, pair, seedOf(seed, 'workload'));
  findings.cost = cost;
  for (const plan of plans) {
    const failure = failures.get(plan.id);
    tell(failure === undefined ? notChecked(plan, 'depends-on') : outcome(plan, failure));
  }
}

async function answerLatency({ context, lab, request, seed, findings, tell }: Attempt): Promise<void> {
  const plan = (id: string) => findings.plan.find((one) => one.id === id)!;
  let opened: Awaited<ReturnType<typeof openSides>> | null = null;
  try {
    opened = await openSides(context, lab, request.language, request.code, seedOf(seed, 'latency'));
    const random = randomFrom(seedOf(seed, 'rounds'));
    const { latency, unfinished } = await measureLatency(opened.sides, lab.settings.latency!, random);
    findings.latency = latency;
    const undone = leftUndone(unfinished);
    if (undone) tell(outcome(plan('after-reply'), undone));
    const [, ratio] = latency.ratio.mean;
    const data = { ratio: Math.max(ratio, latency.ratio.p50[1]), budget: latency.budget };
    if (latency.state === 'inconclusive') tell(notChecked(plan('latency'), 'latency-inconclusive'));
    else if (latency.state === 'passed') tell(outcome(plan('latency'), null));
    else tell(outcome(plan('latency'), { code: latency.irregular ? 'irregular' : 'too-slow', data }));
  } catch (error) {
    findings.latency = null;
    if (isFailure(error)) {
      // A reply that was wrong only while it was timed.
      tell(outcome(plan('workload'), { code: error.code, data: error.data }));
      tell(notChecked(plan('latency'), 'depends-on'));
    } else findings.ending = error instanceof AttemptEnded ? error.ending : endingOfStart(error);
  } finally {
    await opened?.close();
  }
}

function endingOfStart(error: unknown): Ending {
  if (error instanceof AttemptEnded) return error.ending;
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { class: 'platform', code: 'grading-failed', data: { said: said.slice(0, 1000) } };
}

function noop(): void {}
