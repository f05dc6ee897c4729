/** What a suite of tests is, how each kind is run, and what is said of them: the minutes of each, and one closing line. */
import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { app } from '../setup/places.mjs';

/** What became of the tests of a suite. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Tests that are counted and timed together. */
export interface Suite {
  name: string;
  run: () => Promise<Count>;
}

const minute = 60_000;
/** What hangs is told and ended, so that those who wait hear of it, and of the other suites. */
const testPatience = 5 * minute;
const suitePatience = 25 * minute;

/** Test files of one room, run by Node's own runner, one file at a time a core. */
export function files(name: string, ...patterns: string[]): Suite {
  return {
    name,
    run: () =>
      new Promise((resolve) => {
        const paths = patterns
          .flatMap((pattern) => globSync(pattern, { cwd: app }))
          .filter((path) => !/node_modules|\/implementation\//.test(path));
        const count = { passed: 0, failed: 0, skipped: 0 };
        if (paths.length === 0) return resolve(count);
        const stream = run({
          files: paths.map((path) => join(app, path)),
          concurrency: 2,
          cwd: app,
          timeout: testPatience,
          signal: AbortSignal.timeout(suitePatience),
        });
        stream.on('test:pass', (event) => {
          if (event.details.type === 'suite') return;
          if (event.skip !== undefined || event.todo !== undefined) count.skipped++;
          else count.passed++;
        });
        stream.on('test:fail', (event) => {
          if (event.details.type !== 'suite') count.failed++;
        });
        const report = stream.compose(spec);
        report.on('end', () => resolve(count));
        report.pipe(process.stdout, { end: false });
      }),
  };
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
    console.error(`${name} has not ended after ${suitePatience / minute} minutes: it is killed`);
    child.kill('SIGKILL');
  }, suitePatience);
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

  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  let empty = 0;
  for (const suite of chosen) {
    console.log(`\n── ${suite.name}`);
    const started = performance.now();
    const count = await suite.run();
    const minutes = ((performance.now() - started) / minute).toFixed(1);
    const ran = count.passed + count.failed;
    if (ran === 0) empty++;
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    lines.push(
      `${suite.name.padEnd(10)} ${minutes.padStart(5)} min  ${ran === 0 ? 'ran no test' : `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`}`,
    );
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed + empty} failed, ${total.skipped} skipped`);
  process.exit(total.failed + empty + total.skipped === 0 ? 0 : 1);
}
