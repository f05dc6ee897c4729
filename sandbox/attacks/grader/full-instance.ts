// Fills the memory of the instance that it is graded with, for the checker's own commands to fail → it is judged all the same
import { during, escape } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  escape(
    await grade(
      during(
        solution,
        "if (!(globalThis as any).done) { (globalThis as any).done = true; for (let n = 0; n < 40; n++) await (redis as any).set('fill' + n, 'x'.repeat(4_000_000)).catch(() => null); }",
      ),
    ),
  ),
);
