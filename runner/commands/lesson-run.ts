/** The lessons of the built site, and one cell of them run as a page would: what `lessons.json` tells, on a real stack. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language, Outcome, ServerMessage, TopologyKind } from '../protocol.ts';
import { app } from '../setup/places.mjs';
import type { Client } from './client.ts';

/** A cell as the built site tells it; `page` is its address. */
export interface LessonCell {
  id: string;
  language: Language;
  code: string;
  expect: 'done' | 'error' | 'interrupted';
  topology?: TopologyKind;
  page: string;
}

/** A written chapter and its cells, in reading order. */
export interface Lesson {
  lesson: string;
  title: string;
  cells: LessonCell[];
}

/** What came of a cell: how it ended, and all that was heard of it. */
export interface CellRun {
  outcome: Outcome;
  durationMs: number;
  heard: ServerMessage[];
}

/** Where the built site tells its lessons. */
export const lessonsFile = join(process.env.ATELIER_SITE ?? join(app, 'site/dist'), 'lessons.json');

/** Every lesson of the built site; none when it is not built. */
export function builtLessons(): Lesson[] {
  return existsSync(lessonsFile) ? (JSON.parse(readFileSync(lessonsFile, 'utf8')) as Lesson[]) : [];
}

/** Runs a cell for a connected learner, who stays until it is over. */
export async function runLessonCell(client: Client, lesson: string, cell: LessonCell): Promise<CellRun> {
  const { id, language, code, topology } = cell;
  const from = client.heard.length;
  client.send({ type: 'run', lesson, cell: id, language, code, topology });
  const isLater = (message: ServerMessage) =>
    client.heard.indexOf(message) >= from || !client.heard.includes(message);
  const ended = await Promise.race([
    client.hear('ended', (message) => message.cell === id && isLater(message), 120_000),
    client.hear('refused', isLater, 120_000).then((message) => assert.fail(message.message.fact)),
  ]);
  const { outcome, durationMs } = ended.report;
  return { outcome, durationMs, heard: client.heard.slice(from) };
}
