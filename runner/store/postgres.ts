import { PostgresDialect } from 'kysely';
import pg from 'pg';

const INT8 = 20;

/** Kysely's PostgreSQL dialect on a pool of connections; bigints come back as numbers, as SQLite's do. */
export function postgresDialect(url: string): PostgresDialect {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
  };
  return new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 10, types }) });
}
