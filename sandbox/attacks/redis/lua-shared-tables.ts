// Changes the metatable of strings for every later script (CVE-2025-46818), the host's among them → the host runs no script on a learner's server, so none of its commands change
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  await learner
    .eval(
      "local m = getmetatable('') m.__index = function() return redis.call('CONFIG', 'SET', 'maxmemory', '0') end return 1",
      0,
    )
    .catch(() => null);
  await admin.set('k', 'v');
  const memory = String(await admin.config('GET', 'maxmemory'));
  const scripts = Number(/cmdstat_eval:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
  return {
    effect: memory === 'maxmemory,0' || scripts > 1,
    observed: `${memory}; ${scripts} scripts were run, the attacker’s`,
  };
});
