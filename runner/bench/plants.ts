/**
 * Answers with a race planted in them: four kinds, each in three shapes of code and two languages; and the
 * right ways, which must never be blamed. All are written as `act(key, who)`.
 */
import type { Language } from '../host/protocol.ts';

/** What can go wrong between two processes: a count that is lost, a stock oversold, a change of a document that is lost, a lock released for somebody else. */
export type RaceKind = 'counter' | 'stock' | 'document' | 'lock';

/** One way of writing `act(key, who)`. */
export interface Plant {
  kind: RaceKind;
  name: string;
  language: Extract<Language, 'typescript' | 'python'>;
  right: boolean;
  code: string;
}

type Way = [kind: RaceKind, name: string, right: boolean, body: string];

const plain = 'one command after the other';
const transaction = 'a MULTI around the write alone';
const scripts = 'one script that reads, another that writes';

/** Works under a lock; how it is released is what the ways differ in. */
const typescriptLock = (release: string) => `const lock = key + ':lock';
  while ((await redis.set(lock, who, 'PX', 60_000, 'NX')) === null) await new Promise((go) => setTimeout(go, 2));
  await redis.incr(key);
  ${release}
  return true;`;

const typescript: Way[] = [
  [
    'counter',
    plain,
    false,
    `const count = Number(await redis.get(key));
  await redis.set(key, count + 1);
  return true;`,
  ],
  [
    'counter',
    transaction,
    false,
    `const count = Number(await redis.get(key));
  await redis.multi().set(key, count + 1).expire(key, 60).exec();
  return true;`,
  ],
  [
    'counter',
    scripts,
    false,
    `const count = Number(await redis.eval("return redis.call('GET', KEYS[1])", 1, key));
  await redis.eval("redis.call('SET', KEYS[1], ARGV[1])", 1, key, count + 1);
  return true;`,
  ],
  ['counter', 'one command', true, `return (await redis.incr(key)) > 0;`],
  [
    'stock',
    plain,
    false,
    `if (Number(await redis.get(key)) < 1) return false;
  await redis.decr(key);
  return true;`,
  ],
  [
    'stock',
    transaction,
    false,
    `if (Number(await redis.get(key)) < 1) return false;
  await redis.multi().decr(key).incr(key + ':sold').exec();
  return true;`,
  ],
  [
    'stock',
    scripts,
    false,
    `if ((await redis.eval("return tonumber(redis.call('GET', KEYS[1])) >= 1 and 1 or 0", 1, key)) === 0) return false;
  await redis.eval("redis.call('DECR', KEYS[1])", 1, key);
  return true;`,
  ],
  [
    'stock',
    'one script',
    true,
    `return (await redis.eval("if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1", 1, key)) === 1;`,
  ],
  ['stock', 'one command, whose reply decides', true, `return (await redis.decr(key)) >= 0;`],
  [
    'stock',
    'WATCH and MULTI, tried again',
    true,
    `for (;;) {
    await redis.watch(key);
    if (Number(await redis.get(key)) < 1) return false;
    if ((await redis.multi().decr(key).exec()) !== null) return true;
  }`,
  ],
  [
    'stock',
    'a lock with its owner',
    true,
    `const owner = String(Math.random());
  while ((await redis.set(key + ':lock', owner, 'PX', 5000, 'NX')) === null) await new Promise((go) => setTimeout(go, 2));
  const left = Number(await redis.get(key));
  if (left > 0) await redis.set(key, left - 1);
  await redis.eval("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end", 1, key + ':lock', owner);
  return left > 0;`,
  ],
  [
    'document',
    plain,
    false,
    `const names = JSON.parse((await redis.call('JSON.GET', key)) as string) as string[];
  await redis.call('JSON.SET', key, '$', JSON.stringify([...names, who]));
  return true;`,
  ],
  [
    'document',
    transaction,
    false,
    `const names = JSON.parse((await redis.call('JSON.GET', key)) as string) as string[];
  await redis.multi().call('JSON.SET', key, '$', JSON.stringify([...names, who])).expire(key, 60).exec();
  return true;`,
  ],
  [
    'document',
    scripts,
    false,
    `const names = JSON.parse((await redis.eval("return redis.call('JSON.GET', KEYS[1])", 1, key)) as string) as string[];
  await redis.eval("redis.call('JSON.SET', KEYS[1], '$', ARGV[1])", 1, key, JSON.stringify([...names, who]));
  return true;`,
  ],
  [
    'document',
    'one command',
    true,
    `await redis.call('JSON.ARRAPPEND', key, '$', JSON.stringify(who));
  return true;`,
  ],
  ['lock', plain, false, typescriptLock(`if ((await redis.get(lock)) === who) await redis.del(lock);`)],
  [
    'lock',
    transaction,
    false,
    typescriptLock(
      `if ((await redis.get(lock)) === who) await redis.multi().del(lock).incr(key + ':done').exec();`,
    ),
  ],
  [
    'lock',
    scripts,
    false,
    typescriptLock(`const mine = await redis.eval("return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0", 1, lock, who);
  if (mine === 1) await redis.eval("redis.call('DEL', KEYS[1])", 1, lock);`),
  ],
  [
    'lock',
    'one script',
    true,
    typescriptLock(
      `await redis.eval("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end", 1, lock, who);`,
    ),
  ],
  [
    'lock',
    'WATCH and MULTI',
    true,
    typescriptLock(`await redis.watch(lock);
  if ((await redis.get(lock)) === who) await redis.multi().del(lock).exec();
  else await redis.unwatch();`),
  ],
];

const pythonLock = (release: string) => `lock = key + ":lock"
    while not r.set(lock, who, px=60_000, nx=True):
        time.sleep(0.002)
    r.incr(key)
    ${release}
    return True`;

const python: Way[] = [
  [
    'counter',
    plain,
    false,
    `count = int(r.get(key))
    r.set(key, count + 1)
    return True`,
  ],
  [
    'counter',
    transaction,
    false,
    `count = int(r.get(key))
    r.pipeline(transaction=True).set(key, count + 1).expire(key, 60).execute()
    return True`,
  ],
  [
    'counter',
    scripts,
    false,
    `count = int(r.eval("return redis.call('GET', KEYS[1])", 1, key))
    r.eval("redis.call('SET', KEYS[1], ARGV[1])", 1, key, count + 1)
    return True`,
  ],
  ['counter', 'one command', true, `return r.incr(key) > 0`],
  [
    'stock',
    plain,
    false,
    `if int(r.get(key)) < 1:
        return False
    r.decr(key)
    return True`,
  ],
  [
    'stock',
    transaction,
    false,
    `if int(r.get(key)) < 1:
        return False
    r.pipeline(transaction=True).decr(key).incr(key + ":sold").execute()
    return True`,
  ],
  [
    'stock',
    scripts,
    false,
    `if r.eval("return tonumber(redis.call('GET', KEYS[1])) >= 1 and 1 or 0", 1, key) == 0:
        return False
    r.eval("redis.call('DECR', KEYS[1])", 1, key)
    return True`,
  ],
  [
    'stock',
    'one script',
    true,
    `return r.eval("if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1", 1, key) == 1`,
  ],
  ['stock', 'one command, whose reply decides', true, `return r.decr(key) >= 0`],
  [
    'stock',
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
    'stock',
    'a lock with its owner',
    true,
    `with r.lock(key + ":lock", timeout=5, sleep=0.002):
        left = int(r.get(key))
        if left > 0:
            r.set(key, left - 1)
    return left > 0`,
  ],
  [
    'document',
    plain,
    false,
    `names = r.json().get(key)
    r.json().set(key, "$", names + [who])
    return True`,
  ],
  [
    'document',
    transaction,
    false,
    `names = json.loads(r.execute_command("JSON.GET", key))
    pipe = r.pipeline(transaction=True)
    pipe.execute_command("JSON.SET", key, "$", json.dumps(names + [who]))
    pipe.expire(key, 60)
    pipe.execute()
    return True`,
  ],
  [
    'document',
    scripts,
    false,
    `names = json.loads(r.eval("return redis.call('JSON.GET', KEYS[1])", 1, key))
    r.eval("redis.call('JSON.SET', KEYS[1], '$', ARGV[1])", 1, key, json.dumps(names + [who]))
    return True`,
  ],
  [
    'document',
    'one command',
    true,
    `r.json().arrappend(key, "$", who)
    return True`,
  ],
  [
    'lock',
    plain,
    false,
    pythonLock(`if r.get(lock) == who:
        r.delete(lock)`),
  ],
  [
    'lock',
    transaction,
    false,
    pythonLock(`if r.get(lock) == who:
        r.pipeline(transaction=True).delete(lock).incr(key + ":done").execute()`),
  ],
  [
    'lock',
    scripts,
    false,
    pythonLock(`if r.eval("return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0", 1, lock, who) == 1:
        r.eval("redis.call('DEL', KEYS[1])", 1, lock)`),
  ],
  [
    'lock',
    'one script',
    true,
    pythonLock(
      `r.eval("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end", 1, lock, who)`,
    ),
  ],
  [
    'lock',
    'WATCH and MULTI',
    true,
    pythonLock(`with r.pipeline() as pipe:
        try:
            pipe.watch(lock)
            if pipe.get(lock) == who:
                pipe.multi()
                pipe.delete(lock)
                pipe.execute()
        except redis.WatchError:
            pass`),
  ],
];

/** Every way, in both languages. */
export const plants: Plant[] = [
  ...typescript.map(([kind, name, right, body]) => ({
    kind,
    name,
    right,
    language: 'typescript' as const,
    code: `import { Redis } from 'ioredis';
const redis = new Redis();
export async function act(key: string, who: string): Promise<boolean> {
  ${body}
}`,
  })),
  ...python.map(([kind, name, right, body]) => ({
    kind,
    name,
    right,
    language: 'python' as const,
    code: `import json
import time
import redis
r = redis.Redis(decode_responses=True)
def act(key, who):
    ${body}
`,
  })),
];
