import { PostgresDialect } from 'kysely';
import pg from 'pg';

const INT8 = 20;

/** Kysely's PostgreSQL dialect on a pool of connections; bigints come back as numbers, as SQLite's do. */
export function postgresDialect(url: string): PostgresDialect {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
  };
  const pool = new pg.Pool({ connectionString: url, max: 10, types });
  // An idle connection that the database closes is nobody's query; unheard, it would end the server.
  pool.on('error', (error) =>
    console.error(`store: an idle connection was lost, another will be opened: ${error.message}`),
  );
  return new PostgresDialect({ pool });
}
