import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { Language } from '../protocol.ts';
import { Bed, until } from './bed.ts';
import type { CallEnd, Kernel } from './kernel.ts';

/** One answer a language, with the same handlers; its third line is the one that fails. */
const answers: Partial<Record<Language, string>> = {
  typescript: `import { Redis } from 'ioredis';
const redis = new Redis();
export async function fail(key: string): Promise<never> { await redis.set(key, 'text'); throw await redis.incr(key); }
export async function count(key: string, by: number): Promise<number> { return redis.incrby(key, by); }
export function echo(value: unknown) { return value; }
export function odd() { let looks = 0; return { get looks() { return ++looks; }, toJSON() { return { looks: this.looks }; } }; }
export function huge() { return 'a'.repeat(300_000); }
export const forever = () => { for (;;); };
export const notAHandler = 3;
export function said() { console.log('heard'); return null; }`,
  python: `import redis
r = redis.Redis(decode_responses=True)
def fail(key): r.set(key, 'text'); return r.incr(key)
def count(key, by): return r.incrby(key, by)
async def echo(value): return value
def huge(): return 'a' * 300_000
def _helper(): pass
def forever():
    while True: pass
def odd(): return b'bytes'
not_a_handler = 3
def said(): print('heard')`,
  go: `package main
import ("context"; "fmt"; "strings"; "github.com/redis/go-redis/v9"); var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})
func fail(ctx context.Context, key string) int { rdb.Set(ctx, key, "text", 0); panic(rdb.Incr(ctx, key).Err()) }
func count(ctx context.Context, key string, by int64) (int64, error) { return rdb.IncrBy(ctx, key, by).Result() }
func echo(value any) any { return value }
func huge() string { return strings.Repeat("a", 300_000) }
func forever() { for {} }
func odd() (string, error) { return "", redis.Nil }
const notAHandler = 3
func said() { fmt.Println("heard") }
`,
};

const answerOnly: Partial<Record<Language, { code: string; line: number }>> = {
  typescript: { code: 'export const a = 1;\nexport function b( {', line: 2 },
  python: { code: 'a = 1\ndef b(:', line: 2 },
  go: { code: 'package main\nfunc a() { return 1 }', line: 2 },
};

let bed: Bed;

before(async () => {
  bed = await Bed.open();
});

after(() => bed?.close());

async function valueOf(ending: Promise<CallEnd>): Promise<unknown> {
  const end = await ending;
  assert.equal(end.class, 'result', JSON.stringify(end));
  return end.class === 'result' ? end.value : undefined;
}

for (const [language, code] of Object.entries(answers) as [Language, string][]) {
  describe(`an answer in ${language}`, () => {
    let kernel: Kernel;

    before(async () => {
      kernel = await bed.claim(language);
    });

    test('is loaded as handlers, and called', async () => {
      const loaded = await kernel.load(code, 'réponse', 20_000);
      assert.equal(loaded.class, 'loaded', JSON.stringify(loaded));
      assert.deepEqual(
        loaded.class === 'loaded' && loaded.handlers.toSorted(),
        ['count', 'echo', 'fail', 'forever', 'huge', 'odd', 'said'].toSorted(),
      );
      const key = `${language}:count`;
      assert.equal(await valueOf(kernel.call('count', [key, 2], 20_000)), 2);
      const both = await Promise.all([
        kernel.call('count', [key, 1], 20_000),
        kernel.call('count', [key, 1], 20_000),
      ]);
      assert.deepEqual(both.map((end) => end.class === 'result' && end.value).toSorted(), [3, 4]);
      const end = await kernel.call('count', [key, 1], 20_000);
      assert.ok(end.class === 'result' && end.durationMs > 0);
    });

    test('gives plain JSON', async () => {
      const value = { text: 'é"\n', list: [1, null, true, { deep: [] }], number: 1.5 };
      assert.deepEqual(await valueOf(kernel.call('echo', [value], 20_000)), value);
      assert.equal(await valueOf(kernel.call('echo', [null], 20_000)), null);
    });

    test('throws errors that point at its own line', async () => {
      const end = await kernel.call('fail', [`${language}:text`], 20_000);
      assert.ok(end.class === 'code-error', JSON.stringify(end));
      assert.equal(end.error.line, 3);
      assert.equal(end.error.cell, undefined);
      const absent = await kernel.call('absent', [], 20_000);
      assert.equal(absent.class, 'code-error');
      const large = await kernel.call('huge', [], 20_000);
      assert.equal(large.class, 'code-error');
      assert.equal(kernel.alive, true);
    });

    test('prints beside its result', async () => {
      let heard = '';
      await kernel.call('said', [], 20_000, (frame) => (heard += frame.type === 'output' ? frame.text : ''));
      // Go prints below the channel of frames: its text may come after the result.
      await until(() => heard === 'heard\n');
    });

    test('is killed when a call lasts too long', async () => {
      assert.deepEqual(await kernel.call('forever', [], 300), {
        class: 'limit',
        limit: 'time',
        amount: 300,
        unit: 'ms',
      });
      assert.equal(kernel.alive, false);
      assert.equal((await kernel.call('echo', [1], 300)).class, 'limit');
      await kernel.ended;
    });

    test('tells where it cannot be read', async () => {
      const wrong = answerOnly[language] ?? assert.fail();
      const other = await bed.claim(language);
      const end = await other.load(wrong.code, 'réponse', 20_000);
      assert.ok(end.class === 'code-error', JSON.stringify(end));
      assert.equal(end.error.line, wrong.line);
      await other.kill();
    });
  });
}

describe('a process that says what nobody asked', () => {
  const forgeries: Record<string, string> = {
    'a second reply': "writeSync(3, JSON.stringify({ type: 'result', id: own, value: 1 }) + '\\n')",
    'a reply to no call': "writeSync(3, JSON.stringify({ type: 'result', id: 'other', value: 1 }) + '\\n')",
    'a frame of a notebook': "writeSync(3, JSON.stringify({ type: 'done', id: 'other' }) + '\\n')",
    'a frame that is no frame': "writeSync(3, '{}\\n')",
    'a nested value':
      "writeSync(3, JSON.stringify({ type: 'result', id: 'x' }).replace('}', ',\"value\":' + '['.repeat(5000) + ']'.repeat(5000) + '}\\n'))",
    'a line that never ends': "for (;;) writeSync(3, 'a'.repeat(65536))",
  };

  for (const [kind, forgery] of Object.entries(forgeries)) {
    test(`${kind} ends it as an error of the code`, async () => {
      const kernel = await bed.claim('typescript');
      const code = `import { writeSync } from 'node:fs';
export function forge(own: string) { ${forgery}; return new Promise(() => {}); }`;
      assert.equal((await kernel.load(code, 'réponse', 20_000)).class, 'loaded');
      const end = await kernel.call('forge', ['own'], 20_000);
      assert.ok(end.class === 'code-error' && end.error.code === 'FORGED_FRAME', JSON.stringify(end));
      assert.equal(kernel.alive, false);
      await kernel.ended;
    });
  }
});
