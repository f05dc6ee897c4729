// Reads beyond a script's end by a long bracket that never closes (CVE-2025-46819) → no byte of the server comes back in the error
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner } = await redis();
  const said: string[] = [];
  for (const script of [
    'return [',
    'return [' + '='.repeat(60_000),
    '--[' + '='.repeat(100) + '[',
    'return [[\r',
  ])
    said.push(await learner.eval(script, 0).then(String, (error: Error) => error.message));
  const leaked = said.some((text) => text.length > 70_000 || /admin|redis-server|\/socket/.test(text));
  return { effect: leaked, observed: said.map((text) => text.slice(0, 40)).join(' | ') };
});
