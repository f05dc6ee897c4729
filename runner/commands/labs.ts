/**
 * `npm run labs [-- LAB… --quick --only TEXT]`: proves that every starter fails, that the solution and
 * two other styles pass, and that every mutant gets exactly the verdict of its first line, with words.
 * `--quick` measures no latency, and leaves out the answers that only a measure stops and, unless they
 * are named, the labs of several servers, whose elections take their time. `--only` looks at the answers
 * whose file name contains a text. Nothing is left out without a word.
 * Exit: 0 all proved, 1 something is not, 3 our fault.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { labFolders, readSettings, type Lab } from '../host/grade/lab.ts';
import { proveLab, type LabProof, type Proof } from '../host/grade/prove.ts';
import { sentences } from '../texts/fr.ts';
import { OURS } from './arguments.ts';
import { labRooms, openGrading } from './grading.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const { only } = values;
const folders = labFolders(labRooms);
const isSlow = (lab: string) =>
  readSettings(readFileSync(join(folders.get(lab)!, 'lab.md'), 'utf8')).instance.topology !== 'single';
const all = [...folders.keys()].toSorted();
const left = values.quick && positionals.length === 0 ? all.filter(isSlow) : [];
const asked = positionals.length > 0 ? positionals : all.filter((lab) => !left.includes(lab));
if (left.length > 0) console.log(`left to npm run test:long: ${left.join(', ')}`);
const unknown = asked.filter((lab) => !folders.has(lab));
if (unknown.length > 0 || asked.length === 0) {
  console.error(
    `No such lab: ${unknown.join(', ')}. There are: ${[...folders.keys()].toSorted().join(', ')}`,
  );
  process.exit(OURS);
}
process.exitCode = await main();

async function main(): Promise<number> {
  const grading = await openGrading('labs');
  try {
    const proved: LabProof[] = [];
    for (const lab of asked) {
      console.log(`\n${lab}`);
      proved.push(
        await proveLab(folders.get(lab)!, grading.context, {
          words: hasWords,
          timing: !values.quick,
          ...(only !== undefined && { only: (file: string) => file.includes(only) }),
          report,
        }),
      );
      for (const flaw of proved.at(-1)!.wrong) console.log(`  ✗ ${flaw}`);
    }
    return conclude(proved);
  } catch (error) {
    console.error(error);
    return OURS;
  } finally {
    await grading.close();
  }
}

function report({ file, verdict, wrong, atFirst, ms }: Proof): void {
  const latency = verdict.latency ? ` ×${verdict.latency.ratio.p50[1].toFixed(2)}` : '';
  const mark = wrong.length === 0 ? '✓' : '✗';
  console.log(`  ${mark} ${file}: ${verdict.class}${latency} (${(ms / 1000).toFixed(1)} s)`);
  for (const difference of wrong) console.log(`      ${difference}`);
  if (wrong.length === 0) for (const difference of atFirst) console.log(`      at first: ${difference}`);
}

function conclude(proved: readonly LabProof[]): number {
  const sum = (count: (proof: LabProof) => number) =>
    proved.reduce((total, proof) => total + count(proof), 0);
  console.log('');
  for (const { lab, killed, mutants } of proved)
    console.log(`${lab}: ${killed}/${mutants} mutants stopped for their reason`);
  console.log(`in all: ${sum(({ killed }) => killed)}/${sum(({ mutants }) => mutants)}`);
  const flaws = sum(
    ({ wrong, proofs }) => wrong.length + proofs.filter((proof) => proof.wrong.length > 0).length,
  );
  return flaws === 0 ? 0 : 1;
}

/** Whether learners have a sentence for a code; the lab's own of a hidden check must do without any value. */
function hasWords(lab: Lab, code: string, hidden: boolean): boolean {
  const own = lab.settings.messages[code];
  return own ? !hidden || !/\{\w+\}/.test(own.fact + own.next) : Object.hasOwn(sentences, code);
}
