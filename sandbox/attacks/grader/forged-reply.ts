// Writes replies to calls it was not asked, hoping that one is taken for a later one → the first ends the attempt
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(
    await grade(
      during(
        solution,
        "writeSync(3, JSON.stringify({ type: 'result', id: 'a', value: { allowed: true, remaining: 1, retryAfterMs: 0 } }) + '\\n');",
        "import { writeSync } from 'node:fs';",
      ),
    ),
  ),
);
