// Prints without end while it is graded, for the verdict to be lost in it → a limit, its own
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(await grade(during(solution, "for (;;) console.log('30/30 passed '.repeat(100));"))),
);
