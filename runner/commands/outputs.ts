/**
 * `npm run outputs [-- LESSON…]`: runs every cell of the course twice, each time as a new learner, and writes what
 * those in TypeScript showed to the `outputs.json` of their chapter, which the page shows before they are run.
 * A cell whose two runs did not say the same thing is kept as null; erase its line to try again.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from '../setup/places.mjs';
import { Client } from './client.ts';
import { builtLessons, runLessonCell, type CellRun, type Lesson } from './lesson-run.ts';
import { keep, type Outputs } from './shown.ts';
import { startStack } from './stack.ts';

const RUNS = 2;

/** Where a chapter keeps what its cells show. */
export function outputsFile(lesson: string): string {
  const [module, number] = lesson.split('-');
  const [folder] = globSync(`course/${module}-*/${number}-*`, { cwd: app });
  if (folder === undefined) throw new Error(`the course has no folder for ${lesson}`);
  return join(app, folder, 'outputs.json');
}

/** What a chapter's cells show, as it was last written. */
export function readOutputs(lesson: string): Outputs {
  const file = outputsFile(lesson);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outputs) : {};
}

/** Runs a lesson as a new learner; what came of each cell in TypeScript, by its id. */
export async function showLesson(address: string, { lesson, cells }: Lesson): Promise<Map<string, CellRun>> {
  const client = await Client.connect(address);
  client.socket.setMaxListeners(0);
  const shown = new Map<string, CellRun>();
  try {
    for (const cell of cells) {
      const run = await runLessonCell(client, lesson, cell);
      if (cell.language === 'typescript') shown.set(cell.id, run);
    }
    return shown;
  } finally {
    await client.close();
  }
}

async function main(asked: string[]): Promise<void> {
  const lessons = builtLessons().filter(
    ({ lesson, cells }) => cells.length > 0 && (asked.length === 0 || asked.includes(lesson)),
  );
  if (lessons.length === 0) throw new Error('no such lesson in the built site: npm run build');
  const stack = await startStack({ cellHosts: 1 });
  try {
    for (const lesson of lessons) {
      const runs: Map<string, CellRun>[] = [];
      for (let run = 0; run < RUNS; run++) runs.push(await showLesson(stack.address, lesson));
      const before = readOutputs(lesson.lesson);
      const outputs: Outputs = {};
      for (const id of runs[0]?.keys() ?? [])
        outputs[id] = before[id] === null ? null : keep(runs.flatMap((shown) => shown.get(id) ?? []));
      writeFileSync(outputsFile(lesson.lesson), `${JSON.stringify(outputs, null, 2)}\n`);
      const kept = Object.values(outputs).filter((one) => one !== null).length;
      console.log(`${lesson.lesson}  ${kept} of ${Object.keys(outputs).length} cells show what they gave`);
    }
  } finally {
    await stack.stop();
  }
}

if (import.meta.main) await main(process.argv.slice(2));
