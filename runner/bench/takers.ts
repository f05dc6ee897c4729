/** Ways of taking from a stock of one, in two languages: those that oversell, and those that cannot. */
import type { Language } from '../host/protocol.ts';

/** One way of writing `take(key)`, which says whether it took; `setUp(key)` fills the stock. */
export interface Taker {
  name: string;
  language: Extract<Language, 'typescript' | 'python'>;
  right: boolean;
  code: string;
}

const typescript: [name: string, right: boolean, body: string][] = [
  [
    'a counter read, then decremented',
    false,
    `if (Number(await redis.get(key)) < 1) return false;
  await redis.decr(key);
  return true;`,
  ],
  [
    'a stock in JSON, read and written back whole',
    false,
    `const stock = JSON.parse((await redis.call('JSON.GET', key + ':json')) as string) as { left: number };
  if (stock.left < 1) return false;
  await redis.call('JSON.SET', key + ':json', '$', JSON.stringify({ left: stock.left - 1 }));
  return true;`,
  ],
  [
    'a lock that anybody releases, taken again after its release',
    false,
    `if ((await redis.set(key + ':lock', 'me', 'PX', 5000, 'NX')) === null) await redis.del(key + ':lock');
  const left = Number(await redis.get(key));
  if (left > 0) await redis.set(key, left - 1);
  await redis.del(key + ':lock');
  return left > 0;`,
  ],
  [
    'one script',
    true,
    `return (await redis.eval("if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1", 1, key)) === 1;`,
  ],
  ['one command, whose reply decides', true, `return (await redis.decr(key)) >= 0;`],
  [
    'WATCH and MULTI, tried again',
    true,
    `for (;;) {
    await redis.watch(key);
    if (Number(await redis.get(key)) < 1) return false;
    if ((await redis.multi().decr(key).exec()) !== null) return true;
  }`,
  ],
  [
    'a lock with its owner',
    true,
    `const owner = String(Math.random());
  while ((await redis.set(key + ':lock', owner, 'PX', 5000, 'NX')) === null) await new Promise((go) => setTimeout(go, 2));
  const left = Number(await redis.get(key));
  if (left > 0) await redis.set(key, left - 1);
  await redis.eval("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end", 1, key + ':lock', owner);
  return left > 0;`,
  ],
];

const python: [name: string, right: boolean, body: string][] = [
  [
    'a counter read, then decremented',
    false,
    `if int(r.get(key)) < 1:
        return False
    r.decr(key)
    return True`,
  ],
  [
    'a stock in JSON, read and written back whole',
    false,
    `stock = json.loads(r.execute_command("JSON.GET", key + ":json"))
    if stock["left"] < 1:
        return False
    r.execute_command("JSON.SET", key + ":json", "$", json.dumps({"left": stock["left"] - 1}))
    return True`,
  ],
  [
    'a lock that anybody releases, taken again after its release',
    false,
    `if not r.set(key + ":lock", "me", px=5000, nx=True):
        r.delete(key + ":lock")
    left = int(r.get(key))
    if left > 0:
        r.set(key, left - 1)
    r.delete(key + ":lock")
    return left > 0`,
  ],
  [
    'one script',
    true,
    `return r.eval("if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1", 1, key) == 1`,
  ],
  ['one command, whose reply decides', true, `return r.decr(key) >= 0`],
  [
    'WATCH and MULTI, tried again',
    true,
    `with r.pipeline() as pipe:
        while True:
            try:
                pipe.watch(key)
                if int(pipe.get(key)) < 1:
                    return False
                pipe.multi()
                pipe.decr(key)
                pipe.execute()
                return True
            except redis.WatchError:
                continue`,
  ],
  [
    'a lock with its owner',
    true,
    `with r.lock(key + ":lock", timeout=5, sleep=0.002):
        left = int(r.get(key))
        if left > 0:
            r.set(key, left - 1)
    return left > 0`,
  ],
];

/** Every way, in both languages. */
export const takers: Taker[] = [
  ...typescript.map(([name, right, body]) => ({
    name,
    right,
    language: 'typescript' as const,
    code: `import { Redis } from 'ioredis';
const redis = new Redis();
export async function take(key: string): Promise<boolean> {
  ${body}
}`,
  })),
  ...python.map(([name, right, body]) => ({
    name,
    right,
    language: 'python' as const,
    code: `import json
import redis
r = redis.Redis(decode_responses=True)
def take(key):
    ${body}
`,
  })),
];
