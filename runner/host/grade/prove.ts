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
  /** Told of each answer as it is known. */
  report: (proof: Proof) => void;
}

/** Grades every answer of a lab. */
export async function proveLab(folder: string, context: GradingContext, proving: Proving): Promise<LabProof> {
  const { words, timing, report } = proving;
  const lab = await readLab(folder);
  const proofs: Proof[] = [];
  for (const answer of answersOf(lab)) {
    if (!timing && answer.expected && 'latency' in answer.expected.failures) continue;
    const code = readFileSync(join(folder, answer.file), 'utf8');
    const began = performance.now();
    const request = {
      lab: lab.id,
      language: answer.language,
      code,
      seed: null,
      latency: timing && answer.timed,
    };
    const once = () => gradeAttempt(request, context, { check: () => {}, verdict: () => {} });
    let verdict = await once();
    // A machine too busy to measure proves nothing of the lab.
    for (let more = 0; more < 2 && verdict.class === 'inconclusive'; more++) verdict = await once();
    const wrong = [
      ...(answer.expected ? differences(answer.expected, verdict) : starterFlaws(verdict)),
      ...speechless(lab, verdict, words),
    ];
    const { file, language, kind } = answer;
    const proof = { file, language, kind, verdict, wrong, ms: performance.now() - began };
    proofs.push(proof);
    report(proof);
  }
  const mutants = proofs.filter(({ kind }) => kind === 'mutant');
  return {
    lab: lab.id,
    proofs,
    wrong: lab.settings.languages.flatMap((language) =>
      flawsOf(proofs.filter((proof) => proof.language === language)),
    ),
    mutants: mutants.length,
    killed: mutants.filter(({ wrong }) => wrong.length === 0).length,
  };
}

interface ShippedAnswer {
  file: string;
  language: Language;
  kind: Proof['kind'];
  /** Null for a starter, which need only fail. */
  expected: Expectation | null;
  timed: boolean;
}

const PASSED: Expectation = { class: 'passed', code: null, failures: {} };

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
function flawsOf(proofs: Proof[]): string[] {
  const of = (kind: Proof['kind']) => proofs.filter((proof) => proof.kind === kind);
  const language = proofs[0]?.language ?? 'no language';
  const flaws: string[] = [];
  if (of('correct').length < 2)
    flaws.push(`${language}: ${of('correct').length} other correct styles, 2 are needed`);
  if (of('mutant').length < 6) flaws.push(`${language}: ${of('mutant').length} mutants, 6 are needed`);
  const fooling = of('mutant').filter(({ verdict }) => foolsPublicChecks(verdict)).length;
  if (fooling * 2 < of('mutant').length)
    flaws.push(`${language}: ${fooling} mutants pass every public check, half are needed`);
  return flaws;
}
