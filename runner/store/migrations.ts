import type { Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';

/** Every change of the schema, in order; one that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  '001-first': {
    async up(database: Kysely<unknown>) {
      await database.schema
        .createTable('learners')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('token', 'text', (column) => column.notNull().unique())
        .addColumn('created', 'bigint', (column) => column.notNull())
        .addColumn('seen', 'bigint', (column) => column.notNull())
        .execute();
      await database.schema
        .createTable('drafts')
        .addColumn('learner', 'text', (column) =>
          column.notNull().references('learners.id').onDelete('cascade'),
        )
        .addColumn('lesson', 'text', (column) => column.notNull())
        .addColumn('cell', 'text', (column) => column.notNull())
        .addColumn('language', 'text', (column) => column.notNull())
        .addColumn('code', 'text', (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('basis', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('drafts_key', ['learner', 'lesson', 'cell', 'language'])
        .execute();
      await database.schema
        .createTable('outputs')
        .addColumn('learner', 'text', (column) =>
          column.notNull().references('learners.id').onDelete('cascade'),
        )
        .addColumn('lesson', 'text', (column) => column.notNull())
        .addColumn('cell', 'text', (column) => column.notNull())
        .addColumn('language', 'text', (column) => column.notNull())
        .addColumn('kept', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('outputs_key', ['learner', 'lesson', 'cell', 'language'])
        .execute();
      await database.schema
        .createTable('progress')
        .addColumn('learner', 'text', (column) =>
          column.notNull().references('learners.id').onDelete('cascade'),
        )
        .addColumn('lesson', 'text', (column) => column.notNull())
        .addColumn('cell', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('progress_key', ['learner', 'lesson', 'cell'])
        .execute();
      await database.schema
        .createTable('attempts')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('learner', 'text', (column) =>
          column.notNull().references('learners.id').onDelete('cascade'),
        )
        .addColumn('lab', 'text', (column) => column.notNull())
        .addColumn('language', 'text', (column) => column.notNull())
        .addColumn('code', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute();
      await database.schema
        .createIndex('attempts_by_learner')
        .on('attempts')
        .columns(['learner', 'lab', 'at'])
        .execute();
      await database.schema
        .createTable('verdicts')
        .addColumn('attempt', 'text', (column) =>
          column.notNull().references('attempts.id').onDelete('cascade'),
        )
        .addColumn('number', 'integer', (column) => column.notNull())
        .addColumn('class', 'text', (column) => column.notNull())
        .addColumn('final', 'integer', (column) => column.notNull())
        .addColumn('verdict', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('verdicts_key', ['attempt', 'number'])
        .execute();
      await database.schema
        .createTable('hints')
        .addColumn('learner', 'text', (column) =>
          column.notNull().references('learners.id').onDelete('cascade'),
        )
        .addColumn('lab', 'text', (column) => column.notNull())
        .addColumn('level', 'integer', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('hints_key', ['learner', 'lab', 'level'])
        .execute();
    },
  },
};

/** Brings the schema up to date; servers that start together do it one after the other. */
export async function migrate(database: Kysely<never>): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
