// Answers megabytes, for the checker to keep and to print → it is the learner's error
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
export async function allow() { return { allowed: 'x'.repeat(5_000_000), remaining: 0, retryAfterMs: 0 }; }`),
  ),
);
