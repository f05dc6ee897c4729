// Works in another database than the one that is looked at → what is not there is wrong
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(await grade(solution.replace('new Redis()', 'new Redis({ db: 7 })'))),
);
