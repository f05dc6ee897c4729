// Writes a hundred values of a megabyte in one script: maxmemory is looked at before it only → never beyond the box
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const bomb = await redis({ memory: 64 });
  const running = bomb.learner
    .eval("local x = string.rep('x', 1000000) for i = 1, 1000 do redis.call('SET', 'k' .. i, x) end", 0)
    .catch((error: Error) => error.message);
  const mib = await usedMemory(bomb.box, running);
  return {
    effect: mib > 260,
    observed: `${mib} MiB for a limit of 64 + 160 (256 here); ${String(await running).slice(0, 60)}`,
  };
});
