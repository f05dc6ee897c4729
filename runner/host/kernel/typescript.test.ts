import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { CodeError, Display } from '../../../sandbox/run.ts';
import { Bed, runCell, until, type Seen } from './bed.ts';
import type { Kernel } from './kernel.ts';

let bed: Bed;
let kernel: Kernel;

before(async () => {
  bed = await Bed.open({ typescript: 1 });
  kernel = await claimWithRedis();
});

after(() => bed?.close());

/** A kernel whose first cell has made a client. */
async function claimWithRedis(): Promise<Kernel> {
  const fresh = await bed.claim('typescript');
  await runCell(fresh, "import { Redis } from 'ioredis';\nconst redis = new Redis();\nlet survived = 6;");
  return fresh;
}

/** What the last expression of a cell shows. */
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
  test('a name may be declared again, by any kind of declaration', async () => {
    for (const declaration of [
      'const x = 1',
      'let x = 1',
      'var x = 1',
      'const { x } = { x: 1 }',
      'const [x] = [1]',
    ]) {
      assert.equal(await textOf(`${declaration}\nx`), '1', declaration);
    }
    assert.equal(await textOf('function x() { return 2 }\nx()'), '2');
    assert.equal(await textOf('class x { y = 3 }\nnew x().y'), '3');
    assert.equal(await textOf('let x: number | undefined;\nString(x)'), "'undefined'");
  });

  test('a function uses what its names mean now, as in any notebook', async () => {
    await valueOf('function price() { return 1 }\nfunction total() { return price() * 10 }');
    await valueOf('function price() { return 2 }');
    assert.equal(await textOf('total()'), '20');
  });

  test('a function may be called before it is declared', async () => {
    assert.equal(await textOf('const y = early();\nfunction early(): number { return 4 }\ny'), '4');
  });

  test('await at the top, in expressions and in loops', async () => {
    await valueOf('const list: number[] = [];\nfor await (const n of [1, 2]) list.push(await n);');
    assert.equal(await textOf('list.join()'), "'1,2'");
  });

  test('imports of ioredis and of Node stay for the next cells', async () => {
    await valueOf(
      "import { Redis, type RedisOptions } from 'ioredis';\nimport * as crypto from 'node:crypto';\nimport os from 'node:os';",
    );
    assert.equal(
      await textOf('typeof Redis + typeof crypto.randomUUID + typeof os.cpus'),
      "'functionfunctionfunction'",
    );
    assert.equal(
      await textOf("import { setTimeout } from 'node:timers/promises';\nawait setTimeout(1, 5)"),
      '5',
    );
    assert.equal(await textOf('await setTimeout(1, 6)'), '6');
    await valueOf("import { setTimeout } from 'node:timers';");
  });

  test('a learner may name things as the globals are named, and breaks nothing', async () => {
    await valueOf('const Map = 1, JSON = 2, process = 3;\nfunction Buffer() { return 4 }');
    assert.equal(await textOf('[Map, JSON, process, Buffer()].join()'), "'1,2,3,4'");
    assert.equal(await textOf("const probe = new Redis();\nawait probe.set('probe', 'a')"), "'OK'");
    await valueOf(
      'const Map = globalThis.Map, JSON = globalThis.JSON, process = globalThis.process, Buffer = globalThis.Buffer',
    );
  });

  test('what a cell declares and reads is told', async () => {
    const { frames } = await runCell(
      kernel,
      'const area = (r: number) => ratio(r) * r;\nfunction ratio(r: number) { return r + offset }\nlet offset = list;',
    );
    const done = frames.find((frame) => frame.type === 'done');
    assert.deepEqual(done?.declares?.toSorted(), ['area', 'offset', 'ratio']);
    assert.deepEqual(done?.reads, ['list']);
  });

  test('a cell is strict, as a module is', async () => {
    assert.equal((await errorOf('undeclared = 1')).name, 'ReferenceError');
    assert.equal(await textOf('(function () { return this })()'), undefined);
  });
});

describe('values', () => {
  test('a text for what has no parts, as the console writes it', async () => {
    assert.equal(await textOf("'1'"), "'1'");
    assert.equal(await textOf('null'), 'null');
    assert.equal(await textOf('10n'), '10n');
    assert.equal(await valueOf('undefined'), undefined);
    assert.equal(await valueOf('if (true) 3'), undefined);
    assert.match((await textOf("Buffer.from('a')")) ?? '', /<Buffer 61>/);
  });

  test('a table for flat objects in an array', async () => {
    const rows = "[{ id: 1, name: 'a' }, { id: 2, vip: true }]";
    assert.deepEqual(await valueOf(rows), {
      kind: 'table',
      columns: ['id', 'name', 'vip'],
      rows: [
        [1, 'a', null],
        [2, null, true],
      ],
    });
    const many = await valueOf('Array.from({ length: 3000 }, (_, n) => ({ n }))');
    assert.equal(many?.kind === 'table' && many.rows.length + (many.more ?? 0), 3000);
  });

  test('a tree for what has parts, looking never runs code', async () => {
    const value = await valueOf(
      "globalThis.looked = false;\n({ a: [1, { b: 2 }], m: new Map([['k', 1]]), get g() { globalThis.looked = true; return 1 } })",
    );
    assert.equal(value?.kind, 'tree');
    const tree = value?.kind === 'tree' ? value.tree : assert.fail();
    assert.deepEqual(
      tree.children?.map((child) => child.key),
      ['a', 'm', 'g'],
    );
    assert.equal(tree.children?.[1]?.value.children?.[0]?.key, "'k'");
    assert.equal(tree.children?.[2]?.value.text, '[Getter]');
    assert.equal(await textOf('globalThis.looked'), 'false');
  });

  test('a tree of a circular or an enormous value stays small', async () => {
    const loop = await valueOf(
      'const loop: any = { list: Array(100_000).fill({ a: { b: 1 } }) }; loop.self = loop; loop',
    );
    assert.ok(JSON.stringify(loop).length < 100_000);
    assert.equal(loop?.kind === 'tree' && loop.tree.children?.[0]?.value.more !== undefined, true);
  });

  test('a promise that nobody awaits gives a hint', async () => {
    const { outcome } = await runCell(kernel, "const late = new Redis();\nlate.get('a')");
    assert.ok(outcome.class === 'done');
    assert.equal(outcome.hint, 'pending-promise');
    assert.deepEqual(outcome.value, { kind: 'text', text: 'Promise { <pending> }' });
  });
});

describe('output', () => {
  test('console and streams, in their order', async () => {
    const seen = await runCell(
      kernel,
      "console.log('a %d', 1);\nconsole.error('b');\nprocess.stdout.write('c');\nconsole.log({ d: [1] });",
    );
    assert.equal(seen.stdout, 'a 1\nc{ d: [ 1 ] }\n');
    assert.equal(seen.stderr, 'b\n');
  });

  test('what is written below Node reaches the host too', async () => {
    const { frames } = await runCell(kernel, "import { writeSync } from 'node:fs';\nwriteSync(1, 'raw');");
    await until(() => frames.some((frame) => frame.type === 'output' && frame.text === 'raw'));
  });

  test('console.table, console.dir and display', async () => {
    const { frames } = await runCell(
      kernel,
      `console.table([{ a: 1 }, { a: 2 }]);
console.dir({ deep: { er: 1 } });
display.markdown('# t');
display.table([[1, 2]], { title: 'T', columns: ['x', 'y'] });
display.plot({ up: [1, 2], down: [[0, 5], [1, 4]] }, { title: 'P', y: 'ms' });
display.histogram([1, 2, 2]);
display.image(Buffer.from('png'), { alternative: 'rien' });
display('text');`,
    );
    const shown = frames.flatMap((frame) => (frame.type === 'display' ? [frame.item] : []));
    assert.deepEqual(
      shown.map((item) => item.kind),
      ['table', 'tree', 'markdown', 'table', 'plot', 'histogram', 'image', 'text'],
    );
    assert.deepEqual(shown[0], {
      kind: 'table',
      columns: ['(index)', 'a'],
      rows: [
        [0, 1],
        [1, 2],
      ],
    });
    assert.deepEqual(shown[3], { kind: 'table', columns: ['x', 'y'], rows: [[1, 2]], title: 'T' });
    assert.deepEqual(shown[4], {
      kind: 'plot',
      title: 'P',
      x: 'x',
      y: 'ms',
      series: [
        {
          name: 'up',
          points: [
            [0, 1],
            [1, 2],
          ],
        },
        {
          name: 'down',
          points: [
            [0, 5],
            [1, 4],
          ],
        },
      ],
    });
  });

  test('late output belongs to the cell that started it', async () => {
    const first = await runCell(kernel, "setTimeout(() => console.log('late'), 60);");
    const second = await runCell(kernel, 'await new Promise((end) => setTimeout(end, 120));');
    assert.equal(second.stdout, '');
    await until(() => first.frames.some((frame) => frame.type === 'output' && frame.text === 'late\n'));
  });

  test('a stream is cut at 64 KiB, and the cell goes on', async () => {
    const { outcome, stdout, frames } = await runCell(
      kernel,
      "for (let n = 0; n < 3000; n++) console.log('é'.repeat(20));",
    );
    assert.equal(outcome.class, 'done');
    assert.ok(Buffer.byteLength(stdout) <= 64 * 1024 && Buffer.byteLength(stdout) > 63 * 1024);
    assert.equal(frames.filter((frame) => frame.truncated).length, 1);
    assert.ok(!stdout.includes('\uFFFD'));
  });
});

describe('errors', () => {
  test('at the line of the cell, through functions of other cells', async () => {
    const declared = await runCell(
      kernel,
      '\nfunction fails(depth: number): never {\n  throw new TypeError(`no ${depth}`)\n}',
      { name: 'définitions' },
    );
    assert.equal(declared.outcome.class, 'done');
    const error = await errorOf('const { a } = { a: 1 };\n\n  fails(a)', 'appel');
    assert.deepEqual(error, {
      name: 'TypeError',
      message: 'no 1',
      line: 3,
      column: 9,
      cell: 'définitions',
      stack: [
        { where: 'fails', line: 3, column: 9, cell: 'définitions' },
        { where: '', line: 3, column: 3 },
      ],
    });
  });

  test('of syntax, of types that cannot be erased, of a module', async () => {
    const place = ({ name, line, column }: CodeError) => [name, line, column];
    assert.deepEqual(place(await errorOf('let a = 1;\n  let b = ;')), ['SyntaxError', 2, 11]);
    assert.deepEqual(place(await errorOf('\nenum E { A }')), ['SyntaxError', 2, 1]);
    assert.deepEqual(place(await errorOf('let b = 1;\nlet b = 2;')), ['SyntaxError', 2, 5]);
    assert.deepEqual(place(await errorOf("\n import { Nope } from 'ioredis'")), ['SyntaxError', 2, 2]);
    const absent = await errorOf("\n\nimport 'not-installed'");
    assert.deepEqual(
      [absent.code, absent.line, absent.message],
      ['ERR_MODULE_NOT_FOUND', 3, "Cannot find package 'not-installed'"],
    );
  });

  test('of Redis, with their code, at the line of the command', async () => {
    await valueOf("await redis.set('text', 'abc')");
    const error = await errorOf("const one = 1;\nawait redis\n  .incr('text')");
    assert.deepEqual([error.name, error.code, error.line], ['ReplyError', 'ERR', 3]);
    const wrong = await errorOf(
      "async function push(key: string) {\n  return redis.lpush(key, 1)\n}\nawait push('text')",
    );
    assert.deepEqual([wrong.code, wrong.line, wrong.stack.at(-1)?.line], ['WRONGTYPE', 2, 4]);
  });

  test('of a socket, with its code', async () => {
    const error = await errorOf(
      "import { connect } from 'node:net';\nimport { once } from 'node:events';\nawait once(connect(1, '127.0.0.1'), 'connect')",
    );
    assert.equal(error.code, 'ECONNREFUSED');
  });

  test('that nobody catches end the cell they come from, or are printed if it has ended', async () => {
    const error = await errorOf("\nPromise.reject(new Error('lost'));\nawait new Promise(() => {})");
    assert.deepEqual([error.message, error.line], ['lost', 2]);
    const thrown = await errorOf(
      "setTimeout(() => { throw new Error('timer') }, 5);\nawait new Promise(() => {})",
    );
    assert.equal(thrown.message, 'timer');
    const late = await runCell(kernel, "\nsetTimeout(() => { throw new RangeError('after') }, 5);", {
      name: 'tardive',
    });
    await until(() =>
      late.frames.some(
        (frame) =>
          frame.type === 'output' && frame.text.startsWith('Uncaught RangeError: after\n    at tardive:2:26'),
      ),
    );
  });

  test('that are not errors, or lie about themselves', async () => {
    assert.equal((await errorOf("throw 'a text'")).message, "'a text'");
    assert.equal((await errorOf('throw { toString() { throw 1 } }')).name, 'Error');
    const odd = await errorOf(
      "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw 1 } }); throw e",
    );
    assert.equal(odd.message, '[unreadable]');
    assert.equal(
      (await errorOf("throw Object.assign(new Error('x'), { stack: 12, name: {} })")).message,
      'x',
    );
  });

  test('process.exit() stops its cell and keeps the state', async () => {
    const error = await errorOf('const kept = 1;\n  process.exit(3)');
    assert.deepEqual([error.code, error.line], ['PROCESS_EXIT', 2]);
    assert.equal(await textOf('kept'), '1');
  });
});

describe('interruptions', () => {
  const kinds: Record<string, string> = {
    'a loop': 'for (;;);',
    'a loop of microtasks': 'while (true) await null;',
    'a loop of timers': 'setInterval(() => { for (;;); }, 1); await new Promise(() => {});',
    'a regular expression': "/^(a+)+$/.test('a'.repeat(40) + '!')",
    'an await that never ends': 'await new Promise(() => {});',
    'a loop of commands': "while (true) await redis.incr('turns');",
    'a loop in a function that catches all':
      "async function again() { while (true) { try { await redis.incr('turns'); throw 1 } catch {} } }\nawait again();",
    'a loop that prints': "for (;;) console.log('a');",
    'a generator that blocks': 'function* forever() { for (;;) yield 1 }\nfor (const x of forever());',
    'a finally that loops': 'try { for (;;); } finally { for (;;); }',
  };

  for (const [kind, code] of Object.entries(kinds)) {
    test(`${kind}: six times, the state and the connection live on`, async () => {
      await valueOf("let survived = 0;\nawait redis.set('survived', 'yes')");
      for (let turn = 1; turn <= 6; turn++) {
        const pending = runCell(kernel, code);
        await until(() => kernel.alive);
        setTimeout(() => kernel.interrupt(), 20 + turn * 5);
        const { outcome } = await pending;
        // A flood may meet the limit of output first: then the kernel is gone, and so is its state.
        if (kind === 'a loop that prints' && outcome.class === 'limit')
          return void (kernel = await claimWithRedis());
        assert.equal(outcome.class, 'interrupted', JSON.stringify(outcome));
        assert.equal(await textOf('++survived'), String(turn));
        assert.equal(await textOf("await redis.get('survived')"), "'yes'");
      }
    });
  }

  test('nothing of an interrupted cell goes on, whatever it was waiting for', async () => {
    await valueOf("let resume = () => {}, went = 'no';");
    const waiting = runCell(kernel, "await new Promise<void>((end) => (resume = end));\nwent = 'yes';");
    setTimeout(() => kernel.interrupt(), 50);
    assert.equal((await waiting).outcome.class, 'interrupted');
    await valueOf('resume();\nawait new Promise((end) => setTimeout(end, 5));');
    assert.equal(await textOf('went'), "'no'");
  });

  test('interrupted loops of commands have really stopped', async () => {
    await valueOf('await new Promise((end) => setTimeout(end, 50))');
    const turns = await textOf("await redis.get('turns')");
    await valueOf('await new Promise((end) => setTimeout(end, 50))');
    assert.equal(await textOf("await redis.get('turns')"), turns);
  });

  test('a cell that comes on the heels of an interrupted one is interrupted in its turn', async () => {
    for (let turn = 1; turn <= 20; turn++) {
      for (const code of ['for (;;);', 'await new Promise(() => {});']) {
        const pending = runCell(kernel, code);
        setTimeout(() => kernel.interrupt(), 1);
        assert.equal((await pending).outcome.class, 'interrupted');
        assert.ok(kernel.alive, `turn ${turn}`);
      }
    }
    assert.equal(await textOf('survived'), '6');
  });

  test('a run that lasts too long is interrupted, and says so', async () => {
    const { outcome } = await runCell(kernel, 'for (;;);', { timeoutMs: 200 });
    assert.deepEqual(outcome, { class: 'limit', limit: 'time', amount: 200, unit: 'ms' });
    assert.equal(await textOf('survived'), '6');
  });
});

describe('the end of a kernel', () => {
  /** How a cell ends on a kernel of its own, and whether the kernel outlived it. */
  async function alone(code: string): Promise<Seen & { alive: boolean }> {
    const doomed = await bed.claim('typescript');
    const seen = await runCell(doomed, code);
    const { alive } = doomed;
    await doomed.kill();
    assert.equal((await runCell(doomed, '1')).outcome.class === 'done', false);
    return { ...seen, alive };
  }

  test('by a signal it sends itself', async () => {
    const { outcome, alive } = await alone(
      "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})",
    );
    assert.equal(outcome.class, 'kernel-ended');
    assert.equal(alive, false);
  });

  test('by memory: the heap, and buffers outside of it', async () => {
    for (const bomb of [
      'const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill(1.5));',
      'const all: unknown[] = []; for (;;) all.push(Buffer.alloc(1e7, 1));',
    ]) {
      const { outcome } = await alone(bomb);
      if (outcome.class === 'code-error') assert.equal(outcome.error.name, 'RangeError');
      else assert.deepEqual(outcome, { class: 'limit', limit: 'memory', amount: 256, unit: 'MiB' });
    }
  });

  test('by a flood of output, whichever way it goes out', async () => {
    for (const flood of [
      "for (;;) console.log('a'.repeat(1000));",
      "import { writeSync } from 'node:fs'; for (;;) try { writeSync(1, 'a'.repeat(1000)); } catch {}",
    ]) {
      const { outcome, stdout, alive } = await alone(flood);
      assert.deepEqual(outcome, { class: 'limit', limit: 'output', amount: 1024, unit: 'KiB' });
      assert.ok(stdout.length <= 64 * 1024);
      assert.equal(alive, false);
    }
  });

  test('by writing on the kernel’s own channel', async () => {
    const { outcome } = await alone(
      "import { writeSync } from 'node:fs'; writeSync(3, 'not a frame\\n'); await new Promise(() => {})",
    );
    assert.ok(outcome.class === 'code-error' && outcome.error.code === 'FORGED_FRAME');
  });

  test('by code nested too deeply to be read', async () => {
    const { outcome } = await alone(`let x = ${'('.repeat(20_000)}`);
    assert.ok(
      outcome.class === 'code-error' && outcome.error.code === 'NESTED_TOO_DEEPLY',
      JSON.stringify(outcome),
    );
  });

  test('never by code that is too long: it is not even sent', async () => {
    const { outcome } = await runCell(kernel, `// ${'a'.repeat(1_000_000)}`);
    assert.deepEqual(outcome, { class: 'limit', limit: 'code', amount: 256, unit: 'KiB' });
    assert.equal(await textOf('1 + 1'), '2');
  });

  test('a learner cannot start other programs', async () => {
    const { outcome } = await runCell(
      kernel,
      "import { spawn } from 'node:child_process'; spawn('/bin/node')",
    );
    assert.ok(
      outcome.class === 'code-error' && outcome.error.code === 'ERR_ACCESS_DENIED',
      JSON.stringify(outcome),
    );
  });
});
