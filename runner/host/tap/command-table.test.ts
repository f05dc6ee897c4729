import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Rig } from '../rig.ts';
import { words } from './quote.ts';

let rig: Rig;
before(async () => (rig = await Rig.open()));
after(() => rig.close());

/** The keys the table finds in a line, and those it says may be written. */
function keysOf(line: string): { keys: string[]; written: string[] } {
  const { commands } = rig.instance;
  const found = words(line)!;
  const [name, second] = found.map((word) => word.toString().toUpperCase());
  const parent = commands.find(name)!;
  const spec = (parent.container && second && commands.find(name, second)) || parent;
  const touched = commands.keys(spec, found);
  return {
    keys: touched.map(({ key }) => key.toString()),
    written: touched.filter(({ writes }) => writes).map(({ key }) => key.toString()),
  };
}

const lines = [
  'GET a',
  'SET a b',
  'MSET a 1 b 2 c 3',
  'MGET a b c',
  'DEL a b',
  'EVAL s 2 a b c',
  'EVALSHA s 1 a',
  'FCALL f 2 a b x',
  'ZUNIONSTORE d 2 a b WEIGHTS 1 2',
  'ZDIFF 2 a b',
  'LMPOP 2 a b LEFT',
  'BLPOP a b 0',
  'BLMPOP 0 2 a b LEFT',
  'BRPOPLPUSH a b 0',
  'XREAD COUNT 2 STREAMS a b 0 0',
  'XREADGROUP GROUP g c STREAMS a b > >',
  'XGROUP CREATE a g $',
  'XADD a * f v',
  'OBJECT ENCODING a',
  'MEMORY USAGE a',
  'RENAME a b',
  'COPY a b',
  'SMOVE a b m',
  'GEORADIUS a 1 1 1 m STORE b',
  'GEOSEARCHSTORE a b FROMMEMBER m BYRADIUS 1 m',
  'BITOP AND d a b',
  'PFMERGE d a b',
  'PFCOUNT a b',
  'SINTERCARD 2 a b',
  'SORT a BY x STORE b',
  'LCS a b',
  'JSON.SET a $ 1',
  'JSON.MSET a $ 1 b $ 2',
  'TS.ADD a 1 2',
  'TS.MADD a 1 2 b 1 2',
  'BF.ADD a x',
  'HEXPIRE a 10 FIELDS 1 f',
  'SINTERSTORE d a b',
];

test('the keys are those that the server itself finds', async () => {
  for (const line of lines) {
    const found = await rig.instance.admin.call('COMMAND', 'GETKEYS', ...words(line)!);
    assert.deepEqual(keysOf(line).keys, found, line);
  }
});

test('what COMMAND leaves out is known all the same', () => {
  assert.deepEqual(keysOf('JSON.MGET a b $').keys, ['a', 'b']);
  assert.deepEqual(keysOf('TS.CREATERULE a b AGGREGATION avg 10').written, ['a', 'b']);
  assert.deepEqual(keysOf('CMS.MERGE d 2 a b'), { keys: ['d', 'a', 'b'], written: ['d'] });
  assert.deepEqual(keysOf('SORT a STORE b').written, ['b']);
});

test('an index is no key, and a channel is none', () => {
  for (const line of [
    'FT.SEARCH idx *',
    'FT.CREATE idx SCHEMA t TEXT',
    'SPUBLISH c m',
    'SUBSCRIBE c',
    'PING',
    'INFO',
    'EVAL s 0 a',
  ]) {
    assert.deepEqual(keysOf(line).keys, [], line);
  }
  assert.deepEqual(keysOf('FT.SUGADD s word 1').written, ['s']);
});

test('what a command may write is told from what it reads', () => {
  assert.deepEqual(keysOf('ZUNIONSTORE d 2 a b').written, ['d']);
  assert.deepEqual(keysOf('COPY a b').written, ['b']);
  assert.deepEqual(keysOf('GET a').written, []);
  assert.deepEqual(keysOf('JSON.GET a').written, []);
  assert.deepEqual(keysOf('EVAL s 1 a').written, ['a']);
});

test('wrong counts and missing words name nothing, and never throw', () => {
  for (const line of [
    'EVAL s 99999999 a',
    'EVAL s -1 a',
    'EVAL s x',
    'EVAL',
    'GET',
    'XREAD STREAMS',
    'ZUNIONSTORE d',
    'MSET',
  ]) {
    const { keys } = keysOf(line);
    assert.ok(keys.length <= 2, line);
  }
});
