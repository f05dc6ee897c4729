// Answers the examples of the statement by heart → the calls are drawn anew each time
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
let calls = 0;
export async function allow(client: string, limit: number, windowMs: number) {
  calls++;
  return { allowed: calls % 5 !== 4, remaining: [2, 1, 0, 0, 2][calls % 5]!, retryAfterMs: calls % 5 === 4 ? windowMs : 0 };
}`),
  ),
);
