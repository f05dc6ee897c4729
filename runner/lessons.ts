/** The lessons a learner can open: each chapter folder's chapter.yml and seed, as a host must know them. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { LessonNeeds } from './host/protocol.ts';

/** The lesson of code that belongs to no chapter: what `npm run cell` runs in. */
export const SCRATCH = 'libre';

const MAX_SEED = 4 * 1024 * 1024;

/** What a lesson or a lab may ask for its Redis and its boxes (MiB), with what it gets when it asks for nothing. */
export const needs = z.object({
  instance: z
    .object({
      memory: z.int().min(16).max(512).default(96),
      policy: z
        .enum([
          'noeviction',
          ...['lru', 'lfu', 'random'].flatMap((way) => [`allkeys-${way}`, `volatile-${way}`]),
          'volatile-ttl',
        ])
        .default('noeviction'),
      clients: z.int().min(8).max(1024).default(128),
      notify: z
        .string()
        .regex(/^[KEg$lshzxetdmnA]*$/)
        .default(''),
      slowlog: z.int().min(-1).max(10_000_000).default(10_000),
    })
    .prefault({}),
  box: z
    .object({
      memory: z.int().min(64).max(1024).default(256),
      disk: z.int().min(1).max(256).default(16),
    })
    .prefault({}),
});

const chapter = needs.extend({
  title: z.string(),
  seed: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional(),
});

/** A folder whose description is wrong: it is left out, and the operator told why. */
export interface Problem {
  file: string;
  why: string;
}

/** Reads every chapter of a course by lesson id (`16-05`), and the scratch lesson. */
export function readLessons(course: string): { lessons: Map<string, LessonNeeds>; problems: Problem[] } {
  const scratch = { lesson: SCRATCH, ...needs.parse({}), seed: '' };
  const lessons = new Map<string, LessonNeeds>([[SCRATCH, scratch]]);
  const problems: Problem[] = [];
  for (const path of globSync('[0-9]*/[0-9]*/chapter.yml', { cwd: course }).toSorted()) {
    const file = join(course, path);
    try {
      const read = chapter.parse(parse(readFileSync(file, 'utf8')));
      const lesson = lessonId(path);
      const seed = read.seed === undefined ? '' : readFileSync(join(dirname(file), read.seed), 'utf8');
      if (seed.length > MAX_SEED) throw new Error(`the seed is over ${MAX_SEED} characters`);
      if (lessons.has(lesson)) throw new Error(`another chapter is already ${lesson}`);
      lessons.set(lesson, { lesson, instance: read.instance, box: read.box, seed });
    } catch (error) {
      problems.push({ file, why: reason(error) });
    }
  }
  return { lessons, problems };
}

/** Why a description could not be read, in one line for an operator. */
export function reason(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).replaceAll('\n', ' ');
  return error instanceof Error ? error.message : String(error);
}

function lessonId(path: string): string {
  const chapterFolder = dirname(path);
  return [dirname(chapterFolder), basename(chapterFolder)].map((name) => name.split('-')[0]).join('-');
}
