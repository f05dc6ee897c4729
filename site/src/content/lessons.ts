/** What tests need to run every cell of the course: each lesson's cells in reading order. */
import { readFileSync } from 'node:fs';
import { cellsOf, nodesOf, type CellSource } from './cells.ts';
import { allChapters, type Module } from './course.ts';

/** A lesson as `dist/lessons.json` tells it. */
export interface LessonCells {
  lesson: string;
  title: string;
  cells: (CellSource & { page: string })[];
}

/** The cells of every written chapter. */
export function lessonsOf(modules: Module[]): LessonCells[] {
  return allChapters(modules)
    .filter((chapter) => chapter.pages.length > 0)
    .map((chapter) => ({
      lesson: chapter.lesson,
      title: chapter.title,
      cells: chapter.pages.flatMap((page) =>
        cellsOf(nodesOf(readFileSync(page.file, 'utf8'))).map((cell) => ({ ...cell, page: page.url })),
      ),
    }));
}
