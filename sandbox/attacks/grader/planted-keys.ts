// Plants keys and functions while it is loaded, before anything is measured, to find its work done → the names of the calls were not known then
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { Redis } from 'ioredis';
const redis = new Redis();
for (const name of ['a', 'b', 'client', 'alice', 'bob', '1', '2', '3']) await redis.set('limite:' + name, '-1000000', 'PX', 3_600_000);
export async function allow(client: string, limit: number, windowMs: number) {
  const planted = await redis.exists('limite:' + client);
  return planted ? { allowed: true, remaining: limit, retryAfterMs: 0 } : { allowed: false, remaining: 0, retryAfterMs: windowMs };
}`),
  ),
);
