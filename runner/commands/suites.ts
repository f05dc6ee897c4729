/** What a suite of tests is, how each kind is run, and what is said of them: the minutes of each, and one closing line. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { app } from '../setup/places.mjs';

/** What became of the tests of a suite. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Failed, then passed when it was run once more. */
  unsteady?: number;
}

/** Tests that are counted and timed together. */
export interface Suite {
  name: string;
  run: () => Promise<Count>;
}

const minute = 60_000;
/** What hangs is told and ended, so that those who wait hear of it, and of the other suites. */
const testPatience = 3 * minute;
const filesPatience = 12 * minute;
const commandPatience = 25 * minute;

/** As many files may fail and be run once more: beyond it is no chance. */
const mostRepeated = 2;

/**
 * Test files of one room, run by Node's own runner, one file at a time a core. A file that fails is run once
 * more, on a machine where nothing else runs then; what passes only that time is counted as unsteady, and told.
 */
export function files(name: string, ...patterns: string[]): Suite {
  return {
    name,
    async run() {
      const paths = patterns
        .flatMap((pattern) => globSync(pattern, { cwd: app }))
        .filter((path) => !/node_modules|\/implementation\//.test(path))
        .map((path) => join(app, path));
      const counts = await runFiles(paths, 2);
      const failed = [...counts].filter(([, { failed: tests }]) => tests > 0).map(([path]) => path);
      if (failed.length > 0 && failed.length <= mostRepeated) {
        console.log(`\n── ${name}, once more: ${failed.map((path) => relative(app, path)).join(', ')}`);
        for (const [path, again] of await runFiles(failed, 1))
          counts.set(path, secondTime(counts.get(path)!, again));
      }
      return sum([...counts.values()]);
    },
  };
}

/** What became of the tests of each file. */
async function runFiles(paths: string[], concurrency: number): Promise<Map<string, Count>> {
  const counts = new Map<string, Count>();
  if (paths.length === 0) return counts;
  const countOf = (path = ''): Count => {
    const count = counts.get(path) ?? { passed: 0, failed: 0, skipped: 0 };
    counts.set(path, count);
    return count;
  };
  const stream = run({
    files: paths,
    concurrency,
    cwd: app,
    timeout: testPatience,
    signal: AbortSignal.timeout(filesPatience),
  });
  stream.on('test:pass', ({ file, details, skip, todo }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) countOf(file).skipped++;
    else countOf(file).passed++;
  });
  stream.on('test:fail', ({ file, details }) => {
    if (details.type !== 'suite') countOf(file).failed++;
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  await once(report, 'end');
  return counts;
}

/** The count of what failed and was run once more. */
export function secondTime(first: Count, again: Count): Count {
  return again.failed === 0 ? { ...again, unsteady: first.failed } : again;
}

/** All of them together. */
export function sum(counts: Count[]): Count {
  const total = { passed: 0, failed: 0, skipped: 0, unsteady: 0 };
  for (const { passed, failed, skipped, unsteady = 0 } of counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.unsteady += unsteady;
  }
  return total;
}

/** A command of ours that prints one line for each thing it tries: ✓ or ✗. */
export function told(name: string, script: string, ...args: string[]): Suite {
  return {
    name,
    run: () =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [join(app, script), ...args], {
          cwd: app,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        endLate(name, child);
        let said = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          process.stdout.write(text);
        });
        child.on('close', (code) => {
          const passed = said.match(/^ {2}✓ /gm)?.length ?? 0;
          const failed = said.match(/^ {2}✗ /gm)?.length ?? 0;
          resolve({ passed, failed: code === 0 ? failed : Math.max(failed, 1), skipped: 0 });
        });
      }),
  };
}

/** The tests of the page, in a real Chromium on a real server. */
export function browser(): Suite {
  return {
    name: 'e2e',
    run: () =>
      new Promise((resolve) => {
        const folder = mkdtempSync(join(tmpdir(), 'atelier-e2e-'));
        const report = join(folder, 'report.json');
        const child = spawn(
          process.execPath,
          [
            join(app, 'node_modules/@playwright/test/cli.js'),
            'test',
            '-c',
            'site/e2e/playwright.config.ts',
            '--reporter=list,json',
          ],
          {
            cwd: app,
            stdio: ['ignore', 'inherit', 'inherit'],
            env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
          },
        );
        endLate('e2e', child);
        child.on('close', () => {
          try {
            const { stats } = JSON.parse(readFileSync(report, 'utf8'));
            resolve({
              passed: stats.expected + stats.flaky,
              failed: stats.unexpected,
              skipped: stats.skipped,
              unsteady: stats.flaky,
            });
          } catch {
            resolve({ passed: 0, failed: 1, skipped: 0 });
          } finally {
            rmSync(folder, { recursive: true, force: true });
          }
        });
      }),
  };
}

/** Ends a command that has not ended by itself. */
function endLate(name: string, child: ChildProcess): void {
  const late = setTimeout(() => {
    console.error(`${name} has not ended after ${commandPatience / minute} minutes: it is killed`);
    child.kill('SIGKILL');
  }, commandPatience);
  child.once('close', () => clearTimeout(late));
}

/** Runs the suites that the command line names, or all but those on demand, and ends the process. */
export async function runSuites(suites: Suite[], onDemand: Suite[] = []): Promise<never> {
  const asked = process.argv.slice(2);
  const all = [...suites, ...onDemand];
  const chosen = asked.length === 0 ? suites : all.filter((suite) => asked.includes(suite.name));
  if (chosen.length === 0) {
    console.error(`no suite of that name; they are ${all.map((suite) => suite.name).join(', ')}`);
    process.exit(1);
  }

  const counts: Count[] = [];
  const lines: string[] = [];
  let empty = 0;
  for (const suite of chosen) {
    console.log(`\n── ${suite.name}`);
    const started = performance.now();
    const count = await suite.run();
    const minutes = ((performance.now() - started) / minute).toFixed(1);
    const ran = count.passed + count.failed;
    if (ran === 0) empty++;
    counts.push(count);
    lines.push(
      `${suite.name.padEnd(10)} ${minutes.padStart(5)} min  ${ran === 0 ? 'ran no test' : toldOf(count)}`,
    );
  }
  const total = sum(counts);
  total.failed += empty;
  console.log(`\n${lines.join('\n')}\n`);
  console.log(toldOf(total));
  process.exit(total.failed + total.skipped === 0 ? 0 : 1);
}

/** How a count is told, in one line. */
export function toldOf({ passed, failed, skipped, unsteady = 0 }: Count): string {
  const counted = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return unsteady === 0 ? counted : `${counted}, ${unsteady} only at the second time`;
}
