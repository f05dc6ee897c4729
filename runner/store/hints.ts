import type { Database } from './tables.ts';

/** Which hints each learner opened. */
export function hints(database: Database) {
  return {
    async opened(learner: string, lab: string, level: number, at: number): Promise<void> {
      await database
        .insertInto('hints')
        .values({ learner, lab, level, at })
        .onConflict((conflict) => conflict.columns(['learner', 'lab', 'level']).doNothing())
        .execute();
    },
    /** The highest level opened by then, 0 when none was. */
    async level(learner: string, lab: string, by = Number.MAX_SAFE_INTEGER): Promise<number> {
      const row = await database
        .selectFrom('hints')
        .select(({ fn }) => fn.max<number | null>('level').as('level'))
        .where('learner', '=', learner)
        .where('lab', '=', lab)
        .where('at', '<=', by)
        .executeTakeFirst();
      return row?.level ?? 0;
    },
  };
}
