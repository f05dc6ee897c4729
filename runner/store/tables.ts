/**
 * What the store keeps, one table a noun. Portable types only: text, integer 0/1, bigint for epoch
 * milliseconds, JSON as text; the same schema and queries run on SQLite and PostgreSQL.
 */
import type { Kysely } from 'kysely';
import type { Language, Verdict } from '../protocol.ts';

/** Every table of the store and the columns of its rows. */
export interface Tables {
  learners: { id: string; token: string; created: number; seen: number };
  drafts: {
    learner: string;
    lesson: string;
    cell: string;
    language: Language;
    code: string;
    revision: number;
    basis: string;
    at: number;
  };
  outputs: { learner: string; lesson: string; cell: string; language: Language; kept: string; at: number };
  progress: { learner: string; lesson: string; cell: string; at: number };
  attempts: { id: string; learner: string; lab: string; language: Language; code: string; at: number };
  verdicts: {
    attempt: string;
    number: number;
    class: Verdict['class'];
    final: number;
    verdict: string;
    at: number;
  };
  hints: { learner: string; lab: string; level: number; at: number };
}

/** The store's database, whichever engine answers. */
export type Database = Kysely<Tables>;
