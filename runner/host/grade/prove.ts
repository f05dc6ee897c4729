/**
 * Proves a lab: its starter fails, its solution and two other styles at least pass, and every answer
 * in `attempts/` gets exactly the verdict that its first line says, with words for each failure.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language, Verdict } from '../../../labs/kit.ts';
import type { GradingContext } from './context.ts';
import { differences, foolsPublicChecks, readExpectation, type Expectation } from './expectation.ts';
import { gradeAttempt } from './grade.ts';
import { fileOf, languageOf, readLab, type Lab } from './lab.ts';

/** One answer of a lab, and what was found of it; `wrong` is empty when all is as it must be. */
export interface Proof {
  file: string;
  language: Language;
  kind: 'starter' | 'solution' | 'correct' | 'mutant';
  verdict: Verdict;
  wrong: string[];
  /** The same of the first of up to three gradings. */
  atFirst: string[];
  ms: number;
}

/** A proved lab, and what is wrong with it as a whole. */
export interface LabProof {
  lab: string;
  proofs: Proof[];
  wrong: string[];
  mutants: number;
  killed: number;
}

/** Says whether learners have a sentence for a code, given the lab's own, and whether it needs data. */
export type Words = (lab: Lab, code: string, hidden: boolean) => boolean;

/** How a lab is proved. */
export interface Proving {
  words: Words;
  /** Whether latency is measured; without it, the answers that only a measure stops are left out. */
  timing: boolean;
  /** Looks only at the answers whose file it accepts; what the lab lacks as a whole is then not told. */
  only?: (file: string) => boolean;
  /** Told of each answer as it is known. */
  report: (proof: Proof) => void;
}

/** Grades every answer of a lab. */
export async function proveLab(folder: string, context: GradingContext, proving: Proving): Promise<LabProof> {
  const { words, timing, only, report } = proving;
  const lab = await readLab(folder);
  const shipped = answersOf(lab).filter(({ file }) => only?.(file) ?? true);
  const proofs: Proof[] = [];
  const prove = async ({ file, language, kind, expected, timed }: ShippedAnswer): Promise<void> => {
    const code = readFileSync(join(folder, file), 'utf8');
    const began = performance.now();
    const request = { lab: lab.id, language, code, seed: null, latency: timing && timed };
    const once = () => gradeAttempt(request, context, { check: () => {}, verdict: () => {} });
    const flawsOfVerdict = (verdict: Verdict) => [
      ...(expected ? differences(expected, verdict) : starterFlaws(verdict)),
      ...speechless(lab, verdict, words),
    ];
    let verdict = await once();
    let wrong = flawsOfVerdict(verdict);
    const atFirst = wrong;
    // Answers draw lots too: any wrong verdict is looked at once more, one that proves nothing twice.
    for (let more = 0; more < 2 && wrong.length > 0 && (more === 0 || tooBusyToTell(verdict)); more++) {
      verdict = await once();
      wrong = flawsOfVerdict(verdict);
    }
    const proof = { file, language, kind, verdict, wrong, atFirst, ms: performance.now() - began };
    proofs.push(proof);
    report(proof);
  };
  // An attempt mostly waits; but what is timed must be alone.
  const [alone, together] = timing
    ? [shipped.filter(({ timed }) => timed), shipped.filter(({ timed }) => !timed)]
    : [[], shipped.filter((one) => !onlyTiming(one))];
  await atOnce(TOGETHER, together, prove);
  await atOnce(1, alone, prove);
  const mutants = proofs.filter(({ kind }) => kind === 'mutant');
  return {
    lab: lab.id,
    proofs,
    wrong: only
      ? []
      : lab.settings.languages.flatMap((language, rank) =>
          flawsOf(
            language,
            proofs.filter((proof) => proof.language === language),
            rank === 0 ? MUTANTS : MUTANTS_ELSEWHERE,
          ),
        ),
    mutants: mutants.length,
    killed: mutants.filter(({ wrong }) => wrong.length === 0).length,
  };
}

const TOGETHER = 2;
/** The checker is the same for all languages: only the first needs every idea of a wrong answer. */
const MUTANTS = 6;
const MUTANTS_ELSEWHERE = 3;

/** Whether nothing but a measure of latency stops an answer. */
function onlyTiming({ expected }: ShippedAnswer): boolean {
  return expected !== null && 'latency' in expected.failures;
}

async function atOnce<Work>(
  places: number,
  all: readonly Work[],
  act: (one: Work) => Promise<void>,
): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: places }, worker));
}

interface ShippedAnswer {
  file: string;
  language: Language;
  kind: Proof['kind'];
  /** Null for a starter, which need only fail. */
  expected: Expectation | null;
  timed: boolean;
}

/**
 * Whether a busy machine, and nothing of the lab, explains a verdict: it could not measure, answer in time
 * or keep its own promises. Such a verdict proves nothing.
 */
export function tooBusyToTell({ class: found, code, checks }: Verdict): boolean {
  if (found === 'inconclusive' || found === 'platform') return true;
  if (found === 'limit') return code === 'attempt-time';
  return checks.some((check) => check.state === 'failed' && check.code === 'too-slow-to-check');
}

const PASSED: Expectation = { class: 'passed', code: null, failures: {}, uncertain: new Set() };

/** Every answer that a lab ships; one whose name or language is not a lab's is an error. */
export function answersOf(lab: Lab): ShippedAnswer[] {
  const answers: ShippedAnswer[] = lab.settings.languages.flatMap((language) => [
    { file: fileOf('starter', language), language, kind: 'starter' as const, expected: null, timed: false },
    {
      file: fileOf('solution', language),
      language,
      kind: 'solution' as const,
      expected: PASSED,
      timed: true,
    },
  ]);
  for (const name of readdirSync(join(lab.folder, 'attempts')).toSorted()) {
    const language = languageOf(name);
    const kind = (['correct', 'mutant'] as const).find((one) => name.startsWith(`${one}-`));
    if (!language || !kind)
      throw new Error(`attempts/${name}: a name is correct-… or mutant-…, in .ts, .py or .go`);
    const file = join('attempts', name);
    const expected = readExpectation(readFileSync(join(lab.folder, file), 'utf8').split('\n', 1)[0]);
    if ((kind === 'correct') !== (expected.class === 'passed'))
      throw new Error(`${file}: its name and its first line disagree`);
    answers.push({
      file,
      language,
      kind,
      expected,
      timed: kind === 'correct' || 'latency' in expected.failures,
    });
  }
  return answers;
}

function starterFlaws(verdict: Verdict): string[] {
  if (verdict.class !== 'to-review')
    return [`class ${verdict.class}: a starter loads, runs and fails a check`];
  return foolsPublicChecks(verdict) ? ['a starter fails a public check'] : [];
}

/** Codes that nobody could read a sentence of. */
function speechless(lab: Lab, { checks, code, class: verdictClass }: Verdict, words: Words): string[] {
  const said = checks
    .filter((check) => check.state === 'failed')
    .map((check) => [check.code ?? '', check.visibility === 'hidden'] as const);
  if (code !== undefined && verdictClass !== 'platform') said.push([code, false]);
  return said.filter(([one, hidden]) => !words(lab, one, hidden)).map(([one]) => `no sentence for ${one}`);
}

/** What a lab lacks in one language. */
function flawsOf(language: Language, proofs: Proof[], mutants: number): string[] {
  const of = (kind: Proof['kind']) => proofs.filter((proof) => proof.kind === kind);
  const flaws: string[] = [];
  if (of('correct').length < 2)
    flaws.push(`${language}: ${of('correct').length} other correct styles, 2 are needed`);
  if (of('mutant').length < mutants)
    flaws.push(`${language}: ${of('mutant').length} mutants, ${mutants} are needed`);
  const fooling = of('mutant').filter(({ verdict }) => foolsPublicChecks(verdict)).length;
  if (fooling * 2 < of('mutant').length)
    flaws.push(`${language}: ${fooling} mutants pass every public check, half are needed`);
  return flaws;
}
