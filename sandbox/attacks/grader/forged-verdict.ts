// Writes a verdict on the channel by which it answers → an unasked frame ends the attempt
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(
    await grade(
      during(
        solution,
        "writeSync(3, JSON.stringify({ type: 'verdict', class: 'passed', points: 30 }) + '\\n');",
        "import { writeSync } from 'node:fs';",
      ),
    ),
  ),
);
