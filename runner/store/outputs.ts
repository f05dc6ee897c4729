import type { KeptOutput } from '../protocol.ts';
import type { Place } from './drafts.ts';
import type { Database } from './tables.ts';

/** What each cell last showed to each learner. */
export function outputs(database: Database) {
  return {
    async keep(place: Place, kept: KeptOutput): Promise<void> {
      const row = { kept: JSON.stringify(kept), at: kept.at };
      await database
        .insertInto('outputs')
        .values({ ...place, ...row })
        .onConflict((conflict) =>
          conflict
            .columns(['learner', 'lesson', 'cell', 'language'])
            .doUpdateSet(row)
            .where('outputs.at', '<=', row.at),
        )
        .execute();
    },
    async of(learner: string, lesson: string): Promise<KeptOutput[]> {
      const rows = await database
        .selectFrom('outputs')
        .select('kept')
        .where('learner', '=', learner)
        .where('lesson', '=', lesson)
        .orderBy('at')
        .execute();
      return rows.map((row) => JSON.parse(row.kept) as KeptOutput);
    },
  };
}
