/** What a lab's learner may do and when, as pure functions: a training lab allows all, an assessed one what it says. */
import { z } from 'zod';
import type { Data, Verdict } from './host/protocol.ts';

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .nullable()
  .default(null);

/** The `policy` of a lab.md; dates carry their offset (`2027-01-31T23:59:00+01:00`). */
export const policySchema = z
  .strictObject({
    kind: z.enum(['training', 'assessed']).default('training'),
    /** Answers are taken from here on, and up to `due`. */
    opens: instant,
    due: instant,
    /** How many answers; null for as many as one likes. */
    attempts: z.int().positive().nullable().default(null),
    /** Points that each opened hint takes away. */
    hintCost: z.number().min(0).default(0),
  })
  .prefault({})
  .refine(({ kind, due }) => kind === 'training' || due !== null, {
    error: 'an assessed lab has a due date',
  });

/** A lab's policy; dates are epoch milliseconds. */
export type Policy = z.infer<typeof policySchema>;

/** Why an answer is not taken now, or null; `used` counts the attempts that were. */
export function whyNotTaken(policy: Policy, now: number, used: number): { code: string; data: Data } | null {
  if (policy.opens !== null && now < policy.opens)
    return { code: 'assessed-not-open', data: { date: day(policy.opens) } };
  if (policy.due !== null && now > policy.due)
    return { code: 'assessed-closed', data: { date: day(policy.due) } };
  if (policy.attempts !== null && used >= policy.attempts)
    return { code: 'no-attempt-left', data: { attempts: policy.attempts } };
  return null;
}

/** Whether the solution may be shown; that of an assessed lab would help those who have not answered yet. */
export function showsSolution(policy: Policy, now: number, solved: boolean): boolean {
  return policy.kind === 'assessed' ? policy.due !== null && now > policy.due : solved;
}

/** What is left of the points once hints are paid. */
export function pointsAfterHints(policy: Policy, points: number, hints: number): number {
  return Math.max(0, points - hints * policy.hintCost);
}

/** Whether a verdict uses an attempt: what is our fault, or the machine's, does not. */
export function usesAttempt(verdict: Verdict['class'] | null): boolean {
  return verdict !== 'platform' && verdict !== 'inconclusive';
}

function day(at: number): string {
  return new Date(at).toLocaleString('fr-FR', { dateStyle: 'long', timeStyle: 'short' });
}
