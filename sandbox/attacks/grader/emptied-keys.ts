// Empties the instance and swaps its databases at every call, so that the checker looks at nothing → what is not there is wrong
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(await grade(during(solution, 'await redis.flushall(); await (redis as any).swapdb(0, 1);'))),
);
