import type { Language, LessonState } from '../protocol.ts';
import type { Database } from './tables.ts';

/** A learner's code of one cell, as they last saved it. */
export type Draft = LessonState['drafts'][number];

/** Where a piece of a learner's work belongs. */
export interface Place {
  learner: string;
  lesson: string;
  cell: string;
  language: Language;
}

/** Drafts of every learner; of two saves of one cell the later revision wins, whichever comes first. */
export function drafts(database: Database) {
  return {
    /** Keeps a draft and returns the revision that stands. */
    async save(
      place: Place,
      draft: { code: string; revision: number; basis: string; at: number },
    ): Promise<number> {
      await database
        .insertInto('drafts')
        .values({ ...place, ...draft })
        .onConflict((conflict) =>
          conflict
            .columns(['learner', 'lesson', 'cell', 'language'])
            .doUpdateSet(draft)
            .where('drafts.revision', '<', draft.revision),
        )
        .execute();
      const row = await database
        .selectFrom('drafts')
        .select('revision')
        .where('learner', '=', place.learner)
        .where('lesson', '=', place.lesson)
        .where('cell', '=', place.cell)
        .where('language', '=', place.language)
        .executeTakeFirst();
      return row?.revision ?? draft.revision;
    },
    async forget(place: Place): Promise<void> {
      await database
        .deleteFrom('drafts')
        .where('learner', '=', place.learner)
        .where('lesson', '=', place.lesson)
        .where('cell', '=', place.cell)
        .where('language', '=', place.language)
        .execute();
    },
    async of(learner: string, lesson: string): Promise<Draft[]> {
      return database
        .selectFrom('drafts')
        .select(['cell', 'language', 'code', 'revision', 'basis', 'at'])
        .where('learner', '=', learner)
        .where('lesson', '=', lesson)
        .orderBy('cell')
        .orderBy('language')
        .execute();
    },
    /** How many drafts a learner keeps, all lessons together. */
    async count(learner: string): Promise<number> {
      const row = await database
        .selectFrom('drafts')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('learner', '=', learner)
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
}
