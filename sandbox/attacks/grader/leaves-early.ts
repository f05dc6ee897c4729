// Says that all went well and ends its process with success before it can be judged → the end is the learner's error
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(await grade(during(solution, "console.log('30/30'); (process as any).reallyExit(0);"))),
);
