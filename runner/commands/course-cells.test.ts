/**
 * Every cell of the course, in reading order, on a fresh learner of the whole stack, in each language: what the
 * pages promise is what a reader gets, and what they show under a cell before it is run is what a run shows.
 * The cells are read from the built site, as `lessons.json` tells them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Client } from './client.ts';
import { builtLessons, lessonsFile, runLessonCell, type CellRun } from './lesson-run.ts';
import { readOutputs, showLesson } from './outputs.ts';
import { kindOf, shownBy } from './shown.ts';
import { startStack, type Stack } from './stack.ts';

const lessons = builtLessons();
const asked = process.env.ATELIER_LESSON;

test('the built site tells its lessons', () => {
  assert.ok(lessons.length > 0, `${lessonsFile} is missing or empty: run npm run build`);
});

describe('every cell of every lesson', () => {
  let stack: Stack;
  before(async () => {
    stack = await startStack({ cellHosts: 1 });
  });
  after(() => stack?.stop());

  for (const { lesson, title, cells } of lessons.filter(
    (one) => asked === undefined || one.lesson === asked,
  )) {
    if (cells.length === 0) continue;
    test(`${lesson} ${title}`, async (context) => {
      const client = await Client.connect(stack.address);
      client.socket.setMaxListeners(0);
      const outputs = readOutputs(lesson);
      const gone = Object.keys(outputs).filter((id) => !cells.some((cell) => cell.id === id));
      assert.deepEqual(gone, [], `outputs.json keeps cells that are gone: ${again(lesson)}`);
      /** Cells that said something else than their page, and what they said. */
      const others = new Map<string, string[]>();
      try {
        for (const cell of cells) {
          await context.test(`${cell.page}#${cell.id} in ${cell.language}`, async () => {
            const run = await runLessonCell(client, lesson, cell);
            if (process.env.ATELIER_SHOW) tell(cell, run);
            const expected = { done: 'done', error: 'code-error', interrupted: 'interrupted' }[cell.expect];
            assert.equal(run.outcome.class, expected, `${JSON.stringify(run.outcome)}\n${textOf(run)}`);
            if (cell.language !== 'typescript') return;
            const kept = outputs[cell.id];
            assert.ok(kept !== undefined, `the page does not know what it shows: ${again(lesson)}`);
            const kind = kindOf(shownBy(run));
            if (kept !== null && !isDeepStrictEqual(kind, kindOf(kept.items))) others.set(cell.id, kind);
          });
        }
      } finally {
        await client.close();
      }
      if (others.size === 0) return;
      await context.test('what the pages show before a run is what a run shows', async () => {
        // A busy machine may end a race otherwise: two more learners say whether it is the page that is old.
        for (let learner = 0; learner < 2 && others.size > 0; learner++) {
          const runs = await showLesson(stack.address, { lesson, title, cells });
          for (const [id, run] of runs) {
            const kind = kindOf(shownBy(run));
            if (!others.has(id)) continue;
            if (isDeepStrictEqual(kind, kindOf(outputs[id]?.items ?? []))) others.delete(id);
            else others.set(id, kind);
          }
        }
        const expected = [...others.keys()].map((id) => [id, kindOf(outputs[id]?.items ?? [])]);
        assert.deepEqual(
          [...others],
          expected,
          `cells that show something else than their page: ${again(lesson)}`,
        );
      });
    });
  }
});

const again = (lesson: string) => `npm run outputs -- ${lesson}`;

const textOf = ({ heard }: CellRun) =>
  heard.map((message) => (message.type === 'output' ? message.text : '')).join('');

function tell({ id, language }: { id: string; language: string }, run: CellRun): void {
  const ended = run.heard.findLast((message) => message.type === 'ended');
  console.log(
    `${id} ${language} ${run.durationMs.toFixed(0)} ms\n${textOf(run)}`,
    ...(ended?.findings ?? []).map((finding) => `  ! ${finding.fact}\n`),
  );
}
