import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { attempts } from './attempts.ts';
import { drafts } from './drafts.ts';
import { hints } from './hints.ts';
import { learners } from './learners.ts';
import { migrate } from './migrations.ts';
import { outputs } from './outputs.ts';
import { postgresDialect } from './postgres.ts';
import { progress } from './progress.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Everything that outlives the server. */
export type Store = Awaited<ReturnType<typeof openStore>>;

/** Opens the store (a `postgres://` address or the path of a SQLite file) and brings its schema up to date. */
export async function openStore(location: string) {
  const postgres = /^postgres(ql)?:\/\//.test(location);
  if (!postgres) mkdirSync(dirname(location), { recursive: true, mode: 0o700 });
  const database = new Kysely<Tables>({
    dialect: postgres ? postgresDialect(location) : sqliteDialect(location),
  });
  await migrate(database as unknown as Kysely<never>);
  return {
    engine: postgres ? ('postgresql' as const) : ('sqlite' as const),
    learners: learners(database),
    drafts: drafts(database),
    outputs: outputs(database),
    progress: progress(database),
    attempts: attempts(database),
    hints: hints(database),
    close: () => database.destroy(),
  };
}
