import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { CodeError, Display } from '../../../sandbox/run.ts';
import { Bed, runCell, until } from './bed.ts';
import type { Kernel } from './kernel.ts';

let bed: Bed;
let kernel: Kernel;

before(async () => {
  bed = await Bed.open();
  kernel = await claimWithRedis();
});

after(() => bed?.close());

/** A kernel whose first cell has made a client. */
async function claimWithRedis(): Promise<Kernel> {
  const fresh = await bed.claim('python');
  await runCell(fresh, 'import redis\nr = redis.Redis(decode_responses=True)');
  return fresh;
}

async function valueOf(code: string): Promise<Display | undefined> {
  const { outcome, stderr } = await runCell(kernel, code);
  assert.equal(outcome.class, 'done', `${JSON.stringify(outcome)} ${stderr}`);
  return outcome.class === 'done' ? outcome.value : undefined;
}

async function textOf(code: string): Promise<string | undefined> {
  const value = await valueOf(code);
  return value?.kind === 'text' ? value.text : undefined;
}

async function errorOf(code: string, name?: string): Promise<CodeError> {
  const { outcome } = await runCell(kernel, code, name ? { name } : {});
  assert.equal(outcome.class, 'code-error', JSON.stringify(outcome));
  return outcome.class === 'code-error' ? outcome.error : assert.fail();
}

describe('state between cells', () => {
  test('names, functions and classes may be declared again', async () => {
    await valueOf('x = 1\ndef double(n): return factor() * n\ndef factor(): return 2');
    assert.equal(await textOf('double(x)'), '2');
    await valueOf('def factor(): return 3');
    assert.equal(await textOf('double(x)'), '3');
    assert.equal(await textOf('class x:\n  y = 4\nx.y'), '4');
  });

  test('the last expression is shown, unless a semicolon hides it', async () => {
    assert.equal(await textOf("r.set('a', 'é')\nr.get('a')"), "'é'");
    assert.equal(await valueOf('1;'), undefined);
    assert.equal(await valueOf('None'), undefined);
    assert.equal(await valueOf('y = 1'), undefined);
  });

  test('await at the top, and a loop that lives between cells', async () => {
    await valueOf("import asyncio\nimport redis.asyncio\nar = redis.asyncio.Redis()\nawait ar.set('b', 1)");
    assert.equal(await textOf("await ar.get('b')"), "b'1'");
    await valueOf(
      'done = []\nasync def later():\n  await asyncio.sleep(0.02)\n  done.append(1)\ntask = asyncio.create_task(later()) if False else asyncio.get_event_loop().create_task(later())',
    );
    await until(async () => (await textOf('len(done)')) === '1');
  });

  test('a program that runs its own loop works as at home', async () => {
    const { stdout } = await runCell(
      kernel,
      "async def main():\n  print('ran')\nif __name__ == '__main__':\n  asyncio.run(main())",
    );
    assert.equal(stdout, 'ran\n');
    assert.equal(await textOf("await ar.get('b')"), "b'1'");
  });

  test('what a cell declares and reads is told', async () => {
    const { frames } = await runCell(
      kernel,
      'import json as j\ndef area(s): return s * ratio + len(j.dumps(s))\nfor i in []: pass\n[k for k in x_values]'.replace(
        'x_values',
        'done',
      ),
    );
    const done = frames.find((frame) => frame.type === 'done');
    assert.deepEqual(done?.declares, ['j', 'area', 'i']);
    assert.deepEqual(done?.reads?.toSorted(), ['done', 'ratio']);
  });
});

describe('values and output', () => {
  test('a table, a tree, a hint', async () => {
    assert.deepEqual(await valueOf("[{'id': 1, 'name': 'a'}, {'id': 2}]"), {
      kind: 'table',
      columns: ['id', 'name'],
      rows: [
        [1, 'a'],
        [2, null],
      ],
    });
    const value = await valueOf(
      "loop = {'list': list(range(100000)), 'pair': (1, {'b'})}\nloop['self'] = loop\nloop",
    );
    const tree = value?.kind === 'tree' ? value.tree : assert.fail();
    assert.deepEqual(
      tree.children?.map((child) => child.key),
      ["'list'", "'pair'", "'self'"],
    );
    assert.equal(tree.children?.[0]?.value.more, 99_900);
    const { outcome } = await runCell(kernel, "ar.get('b')");
    assert.ok(outcome.class === 'done' && outcome.hint === 'pending-promise');
  });

  test('print, display and what is written below Python', async () => {
    const { stdout, stderr, frames } = await runCell(
      kernel,
      `import os, sys
print('a', 1, end='')
print('b', file=sys.stderr)
os.write(1, b'raw')
display.markdown('# t')
display.table([[1, 2]], title='T', columns=['x', 'y'])
display.plot({'up': [1, 2]}, y='ms')
display.histogram([1, 2, 2])
display.image(b'png', alternative='rien')
display({'k': [1]})`,
    );
    assert.equal(stdout.replace('raw', ''), 'a 1');
    assert.equal(stderr, 'b\n');
    const shown = frames.flatMap((frame) => (frame.type === 'display' ? [frame.item] : []));
    assert.deepEqual(
      shown.map((item) => item.kind),
      ['markdown', 'table', 'plot', 'histogram', 'image', 'tree'],
    );
    assert.deepEqual(shown[1], { kind: 'table', columns: ['x', 'y'], rows: [[1, 2]], title: 'T' });
    await until(() => frames.some((frame) => frame.type === 'output' && frame.text === 'raw'));
  });

  test('a stream is cut at 64 KiB, and the cell goes on', async () => {
    const { outcome, stdout } = await runCell(kernel, "for n in range(3000): print('é' * 20)");
    assert.equal(outcome.class, 'done');
    assert.ok(Buffer.byteLength(stdout) <= 64 * 1024 && Buffer.byteLength(stdout) > 63 * 1024);
  });
});

describe('errors', () => {
  test('at the line of the cell, through functions of other cells', async () => {
    await runCell(kernel, "\ndef fails(depth):\n  é = 'é'; raise TypeError(f'no {depth}')", {
      name: 'définitions',
    });
    assert.deepEqual(await errorOf('a = 1\n\nx = [fails(n) for n in [a]]', 'appel'), {
      name: 'TypeError',
      message: 'no 1',
      line: 3,
      column: 12,
      cell: 'définitions',
      stack: [
        { where: 'fails', line: 3, column: 12, cell: 'définitions' },
        { where: '<listcomp>', line: 3, column: 6 },
        { where: '', line: 3, column: 5 },
      ],
    });
  });

  test('of syntax', async () => {
    const place = ({ name, line, column }: CodeError) => [name, line, column];
    assert.deepEqual(place(await errorOf('a = 1\nb = )')), ['SyntaxError', 2, 5]);
    assert.deepEqual(place(await errorOf('if True:\npass')), ['IndentationError', 2, 1]);
    assert.equal((await errorOf(`x = ${'('.repeat(20_000)}`)).name, 'SyntaxError');
    assert.equal((await errorOf(`x = ${'-'.repeat(20_000)}1`)).name.length > 0, true);
  });

  test('of Redis and of sockets, with their code', async () => {
    const wrong = await errorOf("r.set('text', 'abc')\nr.lpush('text', 1)");
    assert.deepEqual([wrong.code, wrong.line], ['WRONGTYPE', 2]);
    assert.equal((await errorOf("r.incr('text')")).code, 'ERR');
    assert.equal((await errorOf("redis.Redis(port=1, retry=None).get('a')")).code, 'ECONNREFUSED');
  });

  test('of causes, of exits, of liars', async () => {
    assert.match(
      (await errorOf("try:\n  1 / 0\nexcept Exception as e:\n  raise ValueError('x') from e")).message,
      /^x\n\[cause\] ZeroDivisionError/,
    );
    const exit = await errorOf('kept = 1\nimport sys\nsys.exit(3)');
    assert.deepEqual([exit.code, exit.line], ['PROCESS_EXIT', 3]);
    assert.equal(await textOf('kept'), '1');
    assert.equal(
      (await errorOf('class Liar(Exception):\n  def __str__(self): raise Exception\nraise Liar()')).message,
      '[unreadable]',
    );
    assert.match(
      (await textOf('class Odd:\n  def __repr__(self): raise Exception\nOdd()')) ?? '',
      /unreadable/,
    );
  });
});

describe('interruptions', () => {
  const kinds: Record<string, string> = {
    'a loop': 'while True: pass',
    'a sleep': 'import time\ntime.sleep(1000)',
    'a regular expression': "import re\nre.match('(a+)+$', 'a' * 40 + '!')",
    'an await that never ends': 'await asyncio.Future()',
    'a loop inside a coroutine': 'async def again():\n  while True: pass\nawait again()',
    'a loop of commands': "while True: r.incr('turns')",
    'a loop of awaited commands': "while True: await ar.incr('turns')",
    'a loop that catches all':
      "while True:\n  try:\n    r.incr('turns')\n    raise ValueError\n  except:\n    pass",
    'tasks that go on side by side':
      "async def again():\n  while True: await ar.incr('turns')\nawait asyncio.gather(*[again() for _ in range(10)])",
    'a coroutine that catches all':
      "while True:\n  try:\n    await ar.incr('turns')\n  except BaseException:\n    pass",
    'a loop that prints': "while True: print('a', end='')",
    'a program with its own loop': 'asyncio.run(asyncio.sleep(1000))',
  };

  for (const [kind, code] of Object.entries(kinds)) {
    test(`${kind}: six times, the state and the connection live on`, async () => {
      await valueOf("survived = 0\nr.set('survived', 'yes')");
      for (let turn = 1; turn <= 6; turn++) {
        const pending = runCell(kernel, code);
        setTimeout(() => kernel.interrupt(), 20 + turn * 5);
        const { outcome } = await pending;
        assert.equal(outcome.class, 'interrupted', JSON.stringify(outcome));
        await valueOf('survived += 1');
        assert.equal(await textOf('survived'), String(turn));
        assert.equal(await textOf("r.get('survived')"), "'yes'");
        assert.equal(await textOf("await ar.get('survived')"), "b'yes'");
      }
    });
  }

  test('interrupted loops of commands have really stopped', async () => {
    await valueOf('await asyncio.sleep(0.05)');
    const turns = await textOf("r.get('turns')");
    await valueOf('await asyncio.sleep(0.05)');
    assert.equal(await textOf("r.get('turns')"), turns);
  });

  test('a cell that comes on the heels of an interrupted one is interrupted in its turn', async () => {
    for (let turn = 1; turn <= 20; turn++) {
      for (const code of ['while True: pass', 'await asyncio.Future()']) {
        const pending = runCell(kernel, code);
        setTimeout(() => kernel.interrupt(), 1);
        assert.equal((await pending).outcome.class, 'interrupted');
        assert.ok(kernel.alive, `turn ${turn}`);
      }
    }
    assert.equal(await textOf('survived'), '6');
  });

  test('a run that lasts too long is interrupted, and says so', async () => {
    const { outcome } = await runCell(kernel, 'while True: pass', { timeoutMs: 200 });
    assert.deepEqual(outcome, { class: 'limit', limit: 'time', amount: 200, unit: 'ms' });
    assert.equal(await textOf('survived'), '6');
  });

  test('code that cannot be interrupted is killed', async () => {
    const stubborn = await bed.claim('python');
    const { outcome } = await runCell(stubborn, 'sum(range(10 ** 12))', { timeoutMs: 200 });
    assert.deepEqual(outcome, { class: 'limit', limit: 'time', amount: 200, unit: 'ms' });
    assert.equal(stubborn.alive, false);
  });
});

describe('the end of a kernel', () => {
  test('by memory, or an error that says so', async () => {
    const { outcome } = await runCell(
      await bed.claim('python'),
      "all = []\nwhile True: all.append('a' * 10_000_000)",
    );
    if (outcome.class === 'code-error') assert.equal(outcome.error.name, 'MemoryError');
    else assert.deepEqual(outcome, { class: 'limit', limit: 'memory', amount: 256, unit: 'MiB' });
  });

  test('by leaving', async () => {
    const { outcome } = await runCell(await bed.claim('python'), 'import os\nos._exit(3)');
    assert.ok(outcome.class === 'kernel-ended' && outcome.exit.code === 3, JSON.stringify(outcome));
  });

  test('by a flood', async () => {
    const { outcome } = await runCell(await bed.claim('python'), "while True: print('a' * 1000)");
    assert.deepEqual(outcome, { class: 'limit', limit: 'output', amount: 1024, unit: 'KiB' });
  });

  test('by a crash of the interpreter', async () => {
    const { outcome } = await runCell(await bed.claim('python'), 'import ctypes\nctypes.string_at(0)');
    assert.ok(
      outcome.class === 'kernel-ended' ||
        (outcome.class === 'code-error' && outcome.error.name === 'ModuleNotFoundError'),
      JSON.stringify(outcome),
    );
  });
});
