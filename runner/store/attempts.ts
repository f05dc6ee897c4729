import type { Language, Verdict } from '../protocol.ts';
import type { Database } from './tables.ts';

/** An answer handed in: stored before it is graded, never changed, never deleted. */
export interface AttemptRow {
  id: string;
  learner: string;
  lab: string;
  language: Language;
  code: string;
  at: number;
}

/** A verdict as the host gave it; `number` counts the gradings of one attempt. */
export interface VerdictRow {
  number: number;
  final: boolean;
  verdict: Verdict;
  at: number;
}

/** An attempt with the verdict that stands today. */
export type GradedAttempt = AttemptRow & { standing: VerdictRow | null };

/** Attempts and their verdicts; an attempt that is graded again keeps its former verdicts. */
export function attempts(database: Database) {
  const withVerdicts = async (rows: AttemptRow[]): Promise<GradedAttempt[]> => {
    if (rows.length === 0) return [];
    const verdicts = await database
      .selectFrom('verdicts')
      .selectAll()
      .where(
        'attempt',
        'in',
        rows.map((row) => row.id),
      )
      .orderBy('number')
      .execute();
    const standing = new Map(
      verdicts.map(({ attempt, number, final, verdict, at }) => [
        attempt,
        { number, final: final === 1, verdict: JSON.parse(verdict) as Verdict, at },
      ]),
    );
    return rows.map((row) => ({ ...row, standing: standing.get(row.id) ?? null }));
  };

  return {
    async add(attempt: AttemptRow): Promise<void> {
      await database.insertInto('attempts').values(attempt).execute();
    },
    async judge(
      attempt: string,
      number: number,
      verdict: Verdict,
      final: boolean,
      at: number,
    ): Promise<void> {
      const row = { class: verdict.class, final: final ? 1 : 0, verdict: JSON.stringify(verdict), at };
      await database
        .insertInto('verdicts')
        .values({ attempt, number, ...row })
        .onConflict((conflict) => conflict.columns(['attempt', 'number']).doUpdateSet(row))
        .execute();
    },
    async find(id: string): Promise<GradedAttempt | null> {
      const rows = await database.selectFrom('attempts').selectAll().where('id', '=', id).execute();
      return (await withVerdicts(rows))[0] ?? null;
    },
    /** A learner's attempts at one lab, the latest first. */
    async of(learner: string, lab: string, limit = 50): Promise<GradedAttempt[]> {
      const rows = await database
        .selectFrom('attempts')
        .selectAll()
        .where('learner', '=', learner)
        .where('lab', '=', lab)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute();
      return withVerdicts(rows);
    },
    /** The classes of a learner's attempts at one lab, as they stand; null for one that has no verdict yet. */
    async classes(learner: string, lab: string): Promise<(Verdict['class'] | null)[]> {
      const rows = await database
        .selectFrom('attempts')
        .selectAll()
        .where('learner', '=', learner)
        .where('lab', '=', lab)
        .execute();
      return (await withVerdicts(rows)).map(({ standing }) => standing?.verdict.class ?? null);
    },
    /** Whether an answer of theirs was right: one whose time could not be told is, on a machine too busy to tell. */
    async solved(learner: string, lab: string): Promise<boolean> {
      const row = await database
        .selectFrom('attempts')
        .innerJoin('verdicts', 'verdicts.attempt', 'attempts.id')
        .select('attempts.id')
        .where('attempts.learner', '=', learner)
        .where('attempts.lab', '=', lab)
        .where('verdicts.class', 'in', ['passed', 'inconclusive'])
        .where('verdicts.final', '=', 1)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** Attempts whose grading was cut short, so that a restarted server can take it up again. */
    async unfinished(since: number): Promise<AttemptRow[]> {
      const rows = await database
        .selectFrom('attempts')
        .selectAll()
        .where('at', '>=', since)
        .where((row) =>
          row.not(
            row.exists(
              row
                .selectFrom('verdicts')
                .select('verdicts.attempt')
                .whereRef('verdicts.attempt', '=', 'attempts.id')
                .where('verdicts.final', '=', 1),
            ),
          ),
        )
        .orderBy('at')
        .execute();
      return rows;
    },
    /** Every attempt at a lab, the oldest first. */
    async at(lab: string): Promise<GradedAttempt[]> {
      const rows = await database
        .selectFrom('attempts')
        .selectAll()
        .where('lab', '=', lab)
        .orderBy('at')
        .execute();
      return withVerdicts(rows);
    },
  };
}
