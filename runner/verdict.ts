/** A verdict as a learner may see it: hidden checks without title or values, every check with its sentence. */
import type { CheckResult, Data, Verdict } from './host/protocol.ts';
import type { Lab } from './labs.ts';
import type { Message, ShownCheck, ShownVerdict } from './protocol.ts';
import { french, sentences } from './texts/fr.ts';
import { say } from './texts/say.ts';

const KINDS: Record<CheckResult['axis'], string> = {
  correctness: 'exactitude',
  robustness: 'robustesse',
  cost: 'coût',
  latency: 'latence',
};

/** One check as it may be shown. */
export function shownCheck(lab: Lab, check: CheckResult): ShownCheck {
  const { data, title, ...rest } = check;
  const hidden = check.visibility === 'hidden';
  return {
    ...rest,
    title: hidden ? `Vérification cachée (${KINDS[check.axis]})` : title,
    message: checkMessage(lab, check, hidden ? {} : (data ?? {})),
  };
}

/** A whole verdict as it may be shown. */
export function shownVerdict(lab: Lab, verdict: Verdict): ShownVerdict {
  const { data, ...rest } = verdict;
  return {
    ...rest,
    checks: verdict.checks.map((check) => shownCheck(lab, check)),
    message: verdictMessage(lab, verdict, data ?? {}),
  };
}

function checkMessage(lab: Lab, check: CheckResult, data: Data): Message | null {
  if (check.code === undefined) return check.state === 'failed' ? french('failed-without-words') : null;
  const own = labMessage(lab, check.code, data) ?? say(sentences, check.code, data);
  if (own !== null) return own;
  if (check.state !== 'failed') return null;
  return french(check.visibility === 'hidden' ? `hidden-${check.axis}` : 'failed-without-words');
}

/** A hidden check's own sentence is shown when it can be said without any value. */
function labMessage(lab: Lab, code: string, data: Data): Message | null {
  const words = Object.hasOwn(lab.messages, code) ? lab.messages[code] : undefined;
  return words === undefined ? null : say({ [code]: [words.fact, words.next] }, code, data);
}

function verdictMessage(lab: Lab, verdict: Verdict, data: Data): Message {
  const code = verdict.code;
  const own = code === undefined ? null : (labMessage(lab, code, data) ?? say(sentences, code, data));
  if (own !== null) return own;
  const failed = verdict.checks.filter((check) => check.state === 'failed');
  const hidden = failed.filter((check) => check.visibility === 'hidden');
  const kinds = [...new Set(hidden.map((check) => KINDS[check.axis]))].join(', ');
  const { points, outOf, error } = verdict;
  const measuring = verdict.class === 'passed' && verdict.latency?.state === 'measuring';
  return french(measuring ? 'verdict-measuring' : `verdict-${verdict.class}`, {
    points,
    outOf,
    failed: failed.length,
    hidden: hidden.length,
    kinds,
    error: error === undefined ? 'inconnue' : describe(error),
  });
}

function describe(error: NonNullable<Verdict['error']>): string {
  const where = error.line === undefined ? '' : `, ligne ${error.line}`;
  return `${error.name}: ${error.message}${where}`;
}
