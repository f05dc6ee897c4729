import type { Database } from './tables.ts';

/** Who is asking: an anonymous learner, known by the hash of a token that only their browser holds. */
export interface LearnerRow {
  id: string;
  token: string;
  created: number;
  seen: number;
}

/** The learners the store knows. */
export function learners(database: Database) {
  return {
    async add(id: string, token: string, at: number): Promise<void> {
      await database.insertInto('learners').values({ id, token, created: at, seen: at }).execute();
    },
    async byToken(token: string): Promise<LearnerRow | undefined> {
      return database.selectFrom('learners').selectAll().where('token', '=', token).executeTakeFirst();
    },
    async seen(id: string, at: number): Promise<void> {
      await database.updateTable('learners').set({ seen: at }).where('id', '=', id).execute();
    },
    async count(): Promise<number> {
      const row = await database
        .selectFrom('learners')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return row.count;
    },
    /** Forgets learners unseen since `before` who never handed in a lab; returns how many. */
    async forgetIdle(before: number): Promise<number> {
      const result = await database
        .deleteFrom('learners')
        .where('seen', '<', before)
        .where((row) =>
          row.not(
            row.exists(
              row
                .selectFrom('attempts')
                .select('attempts.id')
                .whereRef('attempts.learner', '=', 'learners.id'),
            ),
          ),
        )
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
