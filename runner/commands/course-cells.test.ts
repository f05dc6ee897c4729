/**
 * Every cell of the course, in reading order, on a fresh learner of the whole stack, in each language: what the
 * pages promise is what a reader gets. The cells are read from the built site, as `lessons.json` tells them.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Language, ServerMessage } from '../protocol.ts';
import { app } from '../setup/places.mjs';
import { Client } from './client.ts';
import { startStack, type Stack } from './stack.ts';

interface Lesson {
  lesson: string;
  title: string;
  cells: {
    id: string;
    language: Language;
    code: string;
    expect: 'done' | 'error' | 'interrupted';
    page: string;
  }[];
}

const file = join(process.env.ATELIER_SITE ?? join(app, 'site/dist'), 'lessons.json');
const lessons: Lesson[] = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Lesson[]) : [];
const asked = process.env.ATELIER_LESSON;

test('the built site tells its lessons', () => {
  assert.ok(lessons.length > 0, `${file} is missing or empty: run npm run build`);
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
      try {
        for (const cell of cells) {
          await context.test(`${cell.page}#${cell.id} in ${cell.language}`, async () => {
            const { outcome, said } = await run(client, lesson, cell);
            const expected = { done: 'done', error: 'code-error', interrupted: 'interrupted' }[cell.expect];
            assert.equal(outcome.class, expected, `${JSON.stringify(outcome)}\n${said}`);
          });
        }
      } finally {
        await client.close();
      }
    });
  }
});

async function run(client: Client, lesson: string, { id, language, code }: Lesson['cells'][number]) {
  const from = client.heard.length;
  client.send({ type: 'run', lesson, cell: id, language, code });
  const isLater = (message: ServerMessage) =>
    client.heard.indexOf(message) >= from || !client.heard.includes(message);
  const ended = await Promise.race([
    client.hear('ended', (message) => message.cell === id && isLater(message), 120_000),
    client.hear('refused', isLater, 120_000).then((message) => assert.fail(message.message.fact)),
  ]);
  const said = client.heard
    .slice(from)
    .map((message) => (message.type === 'output' ? message.text : ''))
    .join('');
  if (process.env.ATELIER_SHOW)
    console.log(
      `${id} ${language} ${ended.report.durationMs.toFixed(0)} ms\n${said}`,
      ...ended.findings.map((finding) => `  ! ${finding.fact}\n`),
    );
  return { outcome: ended.report.outcome, said };
}
