// Runs a script that has written and never ends on the instance that it is graded with: if the platform is blamed, the attempt is free → it is not free
import { during, gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(
    await grade(
      during(solution, "await (redis as any).eval(\"redis.call('SET', 'x', 1) while true do end\", 0);"),
    ),
  ),
);
