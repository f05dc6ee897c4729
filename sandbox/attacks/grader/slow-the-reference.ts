// Is twice too slow, and keeps threads busy so that the reference it is compared with is slow too → outside of its own turns it stands frozen, and it does not pass
import { during } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) => {
  const threads =
    "import { Worker } from 'node:worker_threads';\nfor (let n = 0; n < 1; n++) new Worker('for (;;);', { eval: true }).unref();";
  const slow =
    'for (const end = performance.now() + 2; performance.now() < end;) await new Promise((resolve) => setImmediate(resolve));';
  const graded = await grade(during(solution, slow, threads), true);
  return {
    effect: graded.class === 'passed',
    observed: `${graded.class}: ${graded.why.slice(0, 3).join(', ')}`,
  };
});
