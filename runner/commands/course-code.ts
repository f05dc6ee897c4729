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
import { secondTime, sum, toldOf, type Count } from './suites.ts';

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

/** Tests every folder of code of the course, or those of one chapter (`16-05`); one that fails is run once more. */
export async function testCourseCode(chapter = ''): Promise<Count> {
  const [module, number] = chapter.split('-');
  const chosen = `course/${module || '[0-9]*'}${module ? '-*' : ''}/${number ? `${number}-*` : '*'}/implementation/*/`;
  const counts: Count[] = [];
  for (const path of globSync(chosen, { cwd: app }).toSorted()) {
    const folder = path.replace(/\/$/, '');
    const language = languages.find((candidate) => folder.endsWith(`/${candidate.folder}`));
    if (!language) continue;
    let count = await testFolder(join(app, folder), language);
    console.log(`${folder}: ${toldOf(count)}`);
    if (count.failed > 0) {
      count = secondTime(count, await testFolder(join(app, folder), language));
      console.log(`${folder}, once more: ${toldOf(count)}`);
    }
    counts.push(count);
  }
  return sum(counts);
}

/** Runs a folder's tests on a Redis of their own, and shows what they said when one failed. */
async function testFolder(folder: string, language: Language): Promise<Count> {
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
    const count = language.count(output);
    const ranNone = count.passed + count.failed === 0;
    if (count.failed === 0 && (code !== 0 || ranNone)) count.failed = 1;
    if (ranNone) console.log(`${folder}: ran no test`);
    if (count.failed > 0) console.log(output);
    return count;
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
  const count = await testCourseCode(process.argv[2]);
  console.log(toldOf(count));
  process.exit(count.failed + count.skipped === 0 ? 0 : 1);
}
