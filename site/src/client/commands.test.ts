import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callAround, commandOf, facts, usage } from './commands.ts';

const set = {
  name: 'SET',
  arity: -3,
  writes: true,
  summary: 'Sets the string value of a key.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  syntax: 'key value [NX | XX]',
  deprecated: '',
};

/** The call around `|` in a code. */
function around(code: string) {
  const place = code.indexOf('|');
  return callAround(code.replace('|', ''), place);
}

test('the words before the place are those of the innermost call', () => {
  assert.deepEqual(around("await redis.call('JSON.SET', 'doc', |"), {
    words: ['JSON.SET', 'doc'],
    inside: null,
  });
  assert.deepEqual(around('r.execute_command("XGROUP", "CR|")')?.words, ['XGROUP']);
  assert.deepEqual(around('rdb.Do(ctx, "SET", key, "v", |)')?.words, ['SET', null, 'v']);
  assert.deepEqual(around('rdb.Do(context.Background(), "G|")')?.inside?.text, 'G');
  assert.deepEqual(around("redis.call('SET', KEYS[1], `${a}, b`, |)")?.words, ['SET', null, '${a}, b']);
  assert.deepEqual(around("redis.call('SET', f('a', 'b'), |)")?.words, ['SET', null]);
});

test('the text around the place has its bounds, closed or not', () => {
  const code = "redis.call('ZA|DD', 'k')";
  const inside = around(code)!.inside!;
  assert.equal(code.replace('|', '').slice(inside.start, inside.end), 'ZADD');
  assert.equal(around("redis.call('ZA|\nconst next = 1")?.inside?.text, 'ZA');
});

test('outside of a call there is none', () => {
  for (const code of ["redis.call('GET', 'k') |", 'const call = 1 |', "redis.get('k|')", "f(g.call('A'), |"])
    assert.equal(around(code), null, code);
  assert.equal(around("redis.call('EVAL', f('|'))"), null);
});

test('a command is found by one word or two, and said in French', () => {
  const create = { ...set, name: 'XGROUP CREATE' };
  const commands = new Map([
    ['SET', set],
    ['XGROUP CREATE', create],
  ]);
  assert.equal(commandOf(commands, ['set', 'k']), set);
  assert.equal(commandOf(commands, ['xgroup', 'create']), create);
  assert.equal(commandOf(commands, ['nothing']), undefined);
  assert.equal(usage(set), 'SET key value [NX | XX]');
  assert.deepEqual(facts(set), [
    'Chaînes',
    'complexité\u00a0: O(1)',
    'depuis Redis 1.0.0',
    'écrit',
    'au moins 3\u00a0mots',
  ]);
});
