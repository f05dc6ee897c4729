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
  const { data: _, title, ...rest } = check;
  const hidden = check.visibility === 'hidden';
  return {
    ...rest,
    title: hidden ? `Vérification cachée (${KINDS[check.axis]})` : title,
    message: checkMessage(lab, check),
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

/** The lab's own sentence, else the platform's; of a hidden check no value that the lab's checker chose is told. */
function checkMessage(lab: Lab, check: CheckResult): Message | null {
  const { code, state, visibility, axis, data = {} } = check;
  const hidden = visibility === 'hidden';
  if (code !== undefined) {
    const words = labMessage(lab, code, hidden ? {} : data) ?? say(sentences, code, data);
    if (words !== null) return words;
  }
  return state === 'failed' ? french(hidden ? `hidden-${axis}` : 'failed-without-words') : null;
}

function labMessage(lab: Lab, code: string, data: Data): Message | null {
  const words = Object.hasOwn(lab.messages, code) ? lab.messages[code] : undefined;
  return words === undefined ? null : say({ [code]: [words.fact, words.next] }, code, data);
}

function verdictMessage(lab: Lab, verdict: Verdict, data: Data): Message {
  if (verdict.class === 'platform') return french('verdict-platform');
  const { code } = verdict;
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
