// Calls from a script, a function or a transaction what it may not call itself → a script has its caller's rights
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const before = String(await admin.config('GET', 'maxmemory'));
  await learner.eval("return redis.pcall('CONFIG', 'SET', 'maxmemory', '0')", 0).catch(() => null);
  await learner
    .eval("redis.setresp(3) return redis.acl_check_cmd('CONFIG', 'SET', 'maxmemory', '0')", 0)
    .catch(() => null);
  await learner
    .call(
      'FUNCTION',
      'LOAD',
      "#!lua name=mine\nredis.register_function('f', function() return redis.call('CONFIG', 'SET', 'maxmemory', '0') end)",
    )
    .catch(() => null);
  await learner.call('FCALL', 'f', '0').catch(() => null);
  await learner
    .multi()
    .call('CONFIG', 'SET', 'maxmemory', '0')
    .exec()
    .catch(() => null);
  const after = String(await admin.config('GET', 'maxmemory'));
  return { effect: after !== before, observed: after };
});
