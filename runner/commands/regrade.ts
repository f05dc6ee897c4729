/**
 * `npm run regrade -- LAB`: grades every stored attempt at a lab again, after a fix of its checker, and
 * shows the old and the new verdict side by side. Attempts never change; former verdicts are kept.
 * Exit: 0 done, 3 our fault.
 */
import { drawSeed } from '../host/grade/random.ts';
import { gradeAttempt } from '../host/grade/grade.ts';
import type { Verdict } from '../host/protocol.ts';
import { readConfig } from '../config.ts';
import { readLabs } from '../labs.ts';
import type { GradedAttempt } from '../store/attempts.ts';
import { openStore } from '../store/store.ts';
import { OURS, readArguments } from './arguments.ts';
import { labRooms, openGrading } from './grading.ts';

const [id = ''] = readArguments('npm run regrade -- LAB', 1).names;
const lab = readLabs(labRooms).labs.get(id);
if (lab === undefined) {
  console.error(`No such lab: ${id}`);
  process.exit(OURS);
}
const store = await openStore(readConfig().database);
const grading = await openGrading('regrade');
try {
  const attempts = await store.attempts.at(id);
  const moved: Record<string, number> = {};
  for (const attempt of attempts) {
    const verdict = await again(attempt);
    const change = `${attempt.standing?.verdict.class ?? 'none'} → ${verdict.class}`;
    moved[change] = (moved[change] ?? 0) + 1;
    const mark = attempt.standing?.verdict.class === verdict.class ? ' ' : '≠';
    console.log(`${mark} ${attempt.id}  ${short(attempt.standing?.verdict).padEnd(22)} → ${short(verdict)}`);
  }
  console.log(`\n${attempts.length} attempts`);
  for (const [change, count] of Object.entries(moved)) console.log(`${String(count).padStart(5)}  ${change}`);
} catch (error) {
  console.error(error);
  process.exitCode = OURS;
} finally {
  await grading.close();
  await store.close();
}

/** Grades one attempt and stores its new verdict; one that our own fault stopped leaves the old one standing. */
async function again({ id: attempt, language, code, standing }: GradedAttempt): Promise<Verdict> {
  const seed = standing?.verdict.seed ?? drawSeed();
  const request = { lab: id, language, code, seed, latency: lab?.latency ?? false };
  const verdict = await gradeAttempt(request, grading.context, { check: () => {}, verdict: () => {} });
  if (verdict.class !== 'platform') {
    await store.attempts.judge(attempt, (standing?.number ?? 0) + 1, verdict, true, Date.now());
  }
  return verdict;
}

function short(verdict: Verdict | undefined): string {
  return verdict === undefined ? 'none' : `${verdict.class} ${verdict.points}/${verdict.outOf}`;
}
