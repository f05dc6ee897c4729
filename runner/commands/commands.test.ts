/** `cell` and `grade` as a shell or a CI sees them: exit codes and the exact keys of their JSON. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { app } from '../setup/places.mjs';
import { startStack, type Stack } from './stack.ts';

const LAB = '16-05a-fenetre-fixe';

let folder: string;
let stack: Stack;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-commands-'));
  stack = await startStack({
    cellHosts: 1,
    data: join(folder, 'data'),
    environment: { ATELIER_RUN_MS: '5000' },
  });
});

after(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command on the test's own stack. */
async function command(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [name, ...rest] = words;
  const argv = [join(app, 'runner/commands', `${name}.ts`), ...rest, '--server', stack.address];
  const env = { ...process.env, ATELIER_DATA: join(folder, 'data') };
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const redis = "import { Redis } from 'ioredis';\nconst redis = new Redis();\n";

test('cell: done is 0, and its JSON has exactly the promised keys', async () => {
  const path = file(
    'done.ts',
    `${redis}await redis.set('k', 1);\nconsole.log('clé', await redis.incr('k'));\n`,
  );
  const { code, out, err } = await command('cell', path, '--json');
  assert.equal(code, 0, err);
  const seen = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual(Object.keys(seen), ['outcome', 'output', 'durationMs', 'phases', 'trace', 'keyspace']);
  assert.equal(seen['output'], 'clé 2\n');
  assert.deepEqual(seen['outcome'], { class: 'done' });
  const plain = await command('cell', path);
  assert.match(plain.out, /^clé 2$/m);
  assert.match(plain.err, /allers-retours · \d+ commandes/);
});

test('cell: code that fails is 1, a limit is 2, what cannot run at all is 3', async () => {
  const failed = await command(
    'cell',
    file('failed.ts', 'const a = 1;\nthrow new RangeError("trop loin");\n'),
  );
  assert.equal(failed.code, 1);
  assert.match(failed.err, /RangeError: trop loin \(.*failed\.ts:2/);
  const endless = await command('cell', file('endless.ts', 'for (;;);'), '--json');
  assert.equal(endless.code, 2);
  assert.deepEqual((JSON.parse(endless.out) as { outcome: unknown }).outcome, {
    class: 'limit',
    limit: 'time',
    amount: 5000,
    unit: 'ms',
  });
  const large = await command('cell', file('large.ts', `// ${'x'.repeat(1024 * 1024)}`), '--json');
  assert.equal(large.code, 2);
  assert.match(large.out, /"limit": "code"/);
  assert.equal((await command('cell', file('cell.rb', 'puts 1'))).code, 3);
  assert.equal((await command('cell', join(folder, 'missing.ts'))).code, 3);
  assert.equal((await command('cell')).code, 3);
});

test('grade: a verdict with its exit code, its exact JSON and its JUnit report', async () => {
  const starter = join(app, 'labs', LAB, 'starter.ts');
  const report = join(folder, 'report.xml');
  const { code, out, err } = await command('grade', LAB, starter, '--json', '--junit', report);
  assert.equal(code, 1, err);
  const verdict = JSON.parse(out) as {
    class: string;
    checks: { id: string; state: string; message: unknown }[];
  };
  assert.deepEqual(Object.keys(verdict), ['class', 'checks', 'cost', 'latency', 'phases', 'message']);
  assert.equal(verdict.class, 'to-review');
  const failed = verdict.checks.filter(({ state }) => state === 'failed');
  assert.ok(failed.length > 0 && failed.every(({ message }) => message !== null));
  assert.deepEqual(Object.keys(verdict.checks[0]), ['id', 'state', 'points', 'message']);
  const xml = readFileSync(report, 'utf8');
  assert.match(
    xml,
    new RegExp(
      `<testsuite name="${LAB}" tests="${verdict.checks.length}" failures="${failed.length}" errors="0"`,
    ),
  );
  assert.equal(xml.match(/<testcase /g)?.length, verdict.checks.length);
});

test('grade: code that does not load is 1, a lab that is not there is 3', async () => {
  const broken = await command('grade', LAB, file('broken.ts', 'export function allow( {\n'));
  assert.equal(broken.code, 1);
  assert.match(broken.out, /ne se charge pas/);
  const none = await command('grade', 'no-such-lab', file('any.ts', 'export {}'));
  assert.equal(none.code, 3);
  assert.match(none.err, /Ce lab n’existe pas/);
});

test('grade: a Python and a Go file are graded as they are, each verdict by its exit code', async () => {
  const lab = '16-05b-token-bucket';
  for (const extension of ['py', 'go']) {
    const { code, out, err } = await command(
      'grade',
      lab,
      join(app, 'labs', lab, `starter.${extension}`),
      '--json',
    );
    assert.equal(code, 1, err);
    assert.equal((JSON.parse(out) as { class: string }).class, 'to-review', extension);
  }
  const right = await command('grade', lab, join(app, 'labs', lab, 'solution.py'), '--json');
  const { class: verdict, checks } = JSON.parse(right.out) as { class: string; checks: { state: string }[] };
  // A machine too busy to tell the time says so, and this has an exit code too.
  assert.equal(right.code, { passed: 0, inconclusive: 4 }[verdict], right.out);
  assert.ok(checks.every(({ state }) => state !== 'failed'));

  const report = join(folder, 'limit.xml');
  const endless = file('endless.ts', 'export function take() {\n  for (;;);\n}\n');
  const limit = await command('grade', lab, endless, '--junit', report);
  assert.equal(limit.code, 2, limit.err);
  assert.match(readFileSync(report, 'utf8'), /errors="1".*<error type="limit" message="[^"]+"\/>/s);
  assert.equal((await command('grade', lab, file('answer.rb', 'puts 1'))).code, 3);
});

test('regrade: every stored attempt is graded again while the server runs, old and new side by side', async () => {
  const { code, out, err } = await command('regrade', LAB);
  assert.equal(code, 0, err);
  assert.match(out, /^2 attempts$/m);
  assert.match(out, /1 {2}to-review → to-review/);
  assert.match(out, /1 {2}code-error → code-error/);
  assert.equal((await command('regrade', 'no-such-lab')).code, 3);
  assert.equal((await fetch(`${stack.address}/healthz`)).status, 200);
});
