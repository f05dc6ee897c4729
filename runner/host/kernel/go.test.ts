import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { CodeError } from '../protocol.ts';
import { Bed, runCell, until } from './bed.ts';
import type { Kernel } from './kernel.ts';

let bed: Bed;
let kernel: Kernel;

before(async () => {
  bed = await Bed.open();
  kernel = await bed.claim('go');
});

after(() => bed?.close());

async function errorOf(code: string): Promise<CodeError> {
  const { outcome } = await runCell(kernel, code);
  assert.equal(outcome.class, 'code-error', JSON.stringify(outcome));
  return outcome.class === 'code-error' ? outcome.error : assert.fail();
}

/** A program whose main does this, with these imports. */
function program(body: string, ...imports: string[]): string {
  return `package main\n\nimport (\n${imports.map((name) => `\t"${name}"`).join('\n')}\n)\n\nfunc main() {\n${body}\n}\n`;
}

describe('a cell of Go', () => {
  test('is a whole program, whose Redis is the learner’s', async () => {
    const code = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer rdb.Close()
	n, err := rdb.Incr(ctx, "go:runs").Result()
	fmt.Println(n, err)
	fmt.Fprintln(os.Stderr, "é")
}
`;
    for (const turn of [1, 2]) {
      const { outcome, stdout, stderr } = await runCell(kernel, code);
      assert.deepEqual(outcome, { class: 'done' });
      assert.equal(stdout, `${turn} <nil>\n`);
      assert.equal(stderr, 'é\n');
      assert.equal(kernel.box, null);
    }
  });

  test('that does not compile says the line', async () => {
    assert.deepEqual(await errorOf('package main\n\nfunc main() {\n\tx := 1\n}\n'), {
      name: 'CompileError',
      message: 'declared and not used: x',
      line: 4,
      column: 2,
      code: 'COMPILE',
      stack: [],
    });
    const absent = await errorOf(program('', 'github.com/nobody/nothing'));
    assert.equal(absent.line, 4);
    const none = await errorOf('package main\n');
    assert.match(none.message, /main/);
    assert.equal((await errorOf(`package main\nvar x = ${'('.repeat(20_000)}1`)).name, 'CompileError');
  });

  test('that panics says the line, and prints nothing twice', async () => {
    const code = program(
      '\tfmt.Println(index([]int{1}))\n}\nfunc index(list []int) int {\n\treturn list[5]',
      'fmt',
    );
    const { outcome, stderr } = await runCell(kernel, code);
    assert.equal(stderr, '');
    assert.ok(outcome.class === 'code-error', JSON.stringify(outcome));
    assert.deepEqual(outcome.error, {
      name: 'panic',
      message: 'runtime error: index out of range [5] with length 1',
      line: 11,
      column: 1,
      stack: [
        { where: 'index', line: 11, column: 1 },
        { where: '', line: 8, column: 1 },
      ],
    });
    assert.equal((await errorOf(program('\tselect {}'))).name, 'fatal error');
  });

  test('that exits with a status says so', async () => {
    const error = await errorOf(program('\tos.Exit(3)', 'os'));
    assert.deepEqual([error.code, error.message], ['EXIT_STATUS', 'exit status 3']);
  });

  test('can be stopped, while it compiles too', async () => {
    const endless = runCell(kernel, program('\tfor {\n\t}'));
    await until(() => kernel.box !== null);
    kernel.interrupt();
    assert.deepEqual((await endless).outcome, { class: 'interrupted' });
    const early = runCell(kernel, program('\tfmt.Println(1)', 'fmt'));
    setTimeout(() => kernel.interrupt(), 30);
    assert.equal((await early).outcome.class, 'interrupted');
    assert.equal((await runCell(kernel, program('\tfmt.Println(1)', 'fmt'))).stdout, '1\n');
    assert.equal(kernel.alive, true);
  });

  test('meets the same limits as any other', async () => {
    const slow = await runCell(kernel, program('\tfor {\n\t}'), { timeoutMs: 3000 });
    assert.deepEqual(slow.outcome, { class: 'limit', limit: 'time', amount: 3000, unit: 'ms' });
    const loud = await runCell(
      kernel,
      program('\tfor {\n\t\tfmt.Println("a long line of output")\n\t}', 'fmt'),
    );
    assert.deepEqual(loud.outcome, { class: 'limit', limit: 'output', amount: 1024, unit: 'KiB' });
    const bomb =
      '\tvar all [][]byte\n\tfor {\n\t\tb := make([]byte, 1<<24)\n\t\tfor i := range b {\n\t\t\tb[i] = 1\n\t\t}\n\t\tall = append(all, b)\n\t}';
    const big = await runCell(kernel, program(bomb));
    assert.deepEqual(big.outcome, { class: 'limit', limit: 'memory', amount: 256, unit: 'MiB' });
    assert.equal((await runCell(kernel, program('\tfmt.Println(1)', 'fmt'))).stdout, '1\n');
  });

  test('ends with its kernel', async () => {
    const doomed = await bed.claim('go');
    const endless = runCell(doomed, program('\tfor {\n\t}'));
    await until(() => doomed.box !== null);
    await doomed.kill();
    assert.notEqual((await endless).outcome.class, 'done');
    assert.equal(doomed.alive, false);
  });
});
