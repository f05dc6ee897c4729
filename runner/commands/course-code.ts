/**
 * The code that the course shows as files, tested as its reader would at home: each language's own test
 * runner, in the folder of the code, against a Redis Stack of its own. A language that cannot run fails.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '../bench/redis.ts';
import { app, cache, go } from '../setup/places.mjs';
import type { Count } from './suites.ts';

interface Language {
  folder: string;
  /** The command, and what it needs in its environment. */
  command(folder: string): Promise<{ argv: string[]; environment?: Record<string, string> }>;
  count(output: string): Count;
}

const PYTHON = '/usr/bin/python3';
const FOLDER_MS = 300_000;

const languages: Language[] = [
  {
    folder: 'nodejs',
    command: async () => ({
      argv: [process.execPath, '--test', '--test-reporter=tap', '--test-timeout=120000', '*.test.ts'],
    }),
    count: (output) => ({
      passed: figure(output, /^# pass (\d+)/m),
      failed: figure(output, /^# fail (\d+)/m) + figure(output, /^# cancelled (\d+)/m),
      skipped: figure(output, /^# skipped (\d+)/m) + figure(output, /^# todo (\d+)/m),
    }),
  },
  {
    folder: 'python',
    command: async (folder) => ({
      argv: [PYTHON, '-m', 'unittest', 'discover'],
      environment: { PYTHONPATH: await pythonPackages(folder), PYTHONDONTWRITEBYTECODE: '1' },
    }),
    count(output) {
      const ran = figure(output, /^Ran (\d+) tests?/m);
      const failed = figure(output, /failures=(\d+)/) + figure(output, /errors=(\d+)/);
      const skipped = figure(output, /skipped=(\d+)/);
      return { passed: ran - failed - skipped, failed, skipped };
    },
  },
  {
    folder: 'go',
    command: async () => {
      const ours = join(go, 'toolchain/bin/go');
      return {
        argv: [existsSync(ours) ? ours : 'go', 'test', '-count=1', '-v', './...'],
        environment: { GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' },
      };
    },
    count: (output) => ({
      passed: output.match(/^--- PASS:/gm)?.length ?? 0,
      failed: output.match(/^--- FAIL:/gm)?.length ?? 0,
      skipped: output.match(/^\s*--- SKIP:/gm)?.length ?? 0,
    }),
  },
];

const figure = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);

/** Tests every folder of code of the course, or those of one chapter (`16-05`). */
export async function testCourseCode(chapter = ''): Promise<Count> {
  const [module, number] = chapter.split('-');
  const chosen = `course/${module || '[0-9]*'}${module ? '-*' : ''}/${number ? `${number}-*` : '*'}/implementation/*/`;
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const path of globSync(chosen, { cwd: app }).toSorted()) {
    const language = languages.find((candidate) => path.replace(/\/$/, '').endsWith(`/${candidate.folder}`));
    if (!language) continue;
    const { count, output, code } = await testFolder(join(app, path), language);
    if (code !== 0 && count.failed === 0) count.failed = 1;
    const silent = count.passed + count.failed === 0;
    if (silent) count.failed = 1;
    if (count.failed > 0) console.log(output);
    console.log(
      `${path.replace(/\/$/, '')}: ${silent ? 'ran no test' : `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`}`,
    );
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += count[key];
  }
  return total;
}

async function testFolder(folder: string, language: Language) {
  const { argv, environment } = await language.command(folder);
  const redis = await startRedis();
  try {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: folder,
      env: { ...process.env, ...environment, REDIS_URL: redis.url, NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: FOLDER_MS,
      killSignal: 'SIGKILL',
    });
    const { output, code } = await outputOf(child);
    return { output, code, count: language.count(output) };
  } finally {
    await redis.close();
  }
}

/** The packages a folder's requirements.txt pins, installed once, kept in the cache of the set-up. */
async function pythonPackages(folder: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const place = join(cache, `course-python-${hash}`);
  if (existsSync(place)) return place;
  mkdirSync(cache, { recursive: true });
  const making = `${place}.${process.pid}`;
  const argv = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--only-binary',
    ':all:',
    '-r',
    requirements,
    '--target',
    making,
  ];
  const { output, code } = await outputOf(spawn(PYTHON, argv, { stdio: ['ignore', 'pipe', 'pipe'] }));
  if (code !== 0) throw new Error(`the packages of ${requirements} could not be installed:\n${output}`);
  if (existsSync(place)) rmSync(making, { recursive: true });
  else renameSync(making, place);
  return place;
}

/** All that a program says, and how it ended; 127 when it did not start. */
export async function outputOf(child: ChildProcess): Promise<{ output: string; code: number | null }> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ output: `${output}\n${error.message}`, code: 127 }));
    child.once('close', (code) => resolve({ output, code }));
  });
}

if (import.meta.main) {
  const { passed, failed, skipped } = await testCourseCode(process.argv[2]);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed + skipped === 0 ? 0 : 1);
}
