import type { Progress } from '../protocol.ts';
import type { Database } from './tables.ts';

/** What each learner has run to the end, and which labs they solved. */
export function progress(database: Database) {
  return {
    async cellDone(learner: string, lesson: string, cell: string, at: number): Promise<void> {
      await database
        .insertInto('progress')
        .values({ learner, lesson, cell, at })
        .onConflict((conflict) => conflict.columns(['learner', 'lesson', 'cell']).doUpdateSet({ at }))
        .execute();
    },
    async of(learner: string): Promise<Progress> {
      const cells = await database
        .selectFrom('progress')
        .select(['lesson', 'cell', 'at'])
        .where('learner', '=', learner)
        .orderBy('at')
        .execute();
      const lessons = new Map<string, Progress['lessons'][number]>();
      for (const { lesson, cell, at } of cells) {
        const known = lessons.get(lesson) ?? { lesson, cellsDone: [], at };
        known.cellsDone.push(cell);
        known.at = Math.max(known.at, at);
        lessons.set(lesson, known);
      }
      const attempts = await database
        .selectFrom('attempts')
        .leftJoin('verdicts', 'verdicts.attempt', 'attempts.id')
        .select(['attempts.id', 'attempts.lab', 'attempts.at', 'verdicts.class', 'verdicts.final'])
        .where('attempts.learner', '=', learner)
        .orderBy('attempts.at')
        .execute();
      const labs = new Map<string, Progress['labs'][number]>();
      const counted = new Set<string>();
      for (const row of attempts) {
        const known = labs.get(row.lab) ?? { lab: row.lab, solved: false, attempts: 0, at: row.at };
        if (!counted.has(row.id)) known.attempts += 1;
        counted.add(row.id);
        known.solved ||= row.class === 'passed' && row.final === 1;
        known.at = Math.max(known.at, row.at);
        labs.set(row.lab, known);
      }
      return { lessons: [...lessons.values()], labs: [...labs.values()] };
    },
  };
}
