/**
 * The first step of every command: brings what is missing, then hands over to Node 24.
 * It runs on the system's Node (≥ 20), before any package is installed, so it depends on none.
 *
 *   node runner/setup.mjs COMMAND [--yes] [ARGUMENTS…]     COMMAND: a file of runner/commands/
 *   node runner/setup.mjs doctor                          says what is missing; installs nothing
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { app, data } from './setup/places.mjs';
import { goArchives, goToolchain, pythonClient } from './setup/languages.mjs';
import { node, npmPackages } from './setup/packages.mjs';
import { prometheusProgram } from './setup/prometheus.mjs';
import { redisStackBuild } from './setup/redis-stack.mjs';
import { languageToolJars } from './setup/language-tool.mjs';
import { builtSite } from './setup/site.mjs';
import { CannotDo, make } from './setup/step.mjs';
import { packagesOfTheSystem, systemUser, unsupported, warnings } from './setup/system.mjs';

process.umask(0o022);

const [command = 'start', ...given] = process.argv.slice(2);
const yes = given.includes('--yes') || !process.stdin.isTTY;
const args = given.filter((argument) => argument !== '--yes');

/** What each command needs; a command not named here needs what boxes need. */
const needs = {
  boxes: () => [
    packagesOfTheSystem('run'),
    npmPackages(),
    redisStackBuild(),
    pythonClient(),
    goToolchain(),
    goArchives(),
    systemUser(),
  ],
  tests: () => [packagesOfTheSystem('test'), ...needs.boxes().slice(1), builtSite()],
  longTests: () => [
    packagesOfTheSystem('test-long'),
    ...needs.tests().slice(1),
    languageToolJars(),
    prometheusProgram(),
  ],
  prose: () => [packagesOfTheSystem('proofread'), npmPackages(), languageToolJars()],
  site: () => [...needs.boxes(), builtSite()],
  packages: () => [npmPackages()],
  pages: () => [npmPackages(), builtSite()],
};

/** @type {Record<string, keyof typeof needs>} */
const needsOf = {
  start: 'site',
  dev: 'site',
  test: 'tests',
  'test-long': 'longTests',
  build: 'pages',
  outputs: 'site',
  proofread: 'prose',
  'chapter-new': 'packages',
  'lab-new': 'packages',
};

/** Asks once, before anything is installed on the system. */
async function ask(steps) {
  const system = steps.flatMap((step) => step.system ?? []);
  if (system.length === 0) return;
  console.log(`To install on this system: ${system.join(', ')}.`);
  if (yes) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Go on? [Y/n] ');
  terminal.close();
  if (!/^(y|yes|o|oui|)$/i.test(answer.trim()))
    throw new CannotDo('nothing was installed', 'npm start -- --yes');
}

async function doctor() {
  let missing = 0;
  for (const line of warnings()) console.log(`! ${line}`);
  for (const step of needs.tests()) {
    let state;
    try {
      state = await step.missing();
    } catch {
      state = 'not there yet';
    }
    console.log(state === null ? `✓ ${step.name}` : `✗ ${step.name}: ${state}\n    ${step.fix}`);
    if (state !== null) missing++;
  }
  console.log(`  data: ${data}${existsSync(data) ? '' : ' (made at the first start)'}`);
  if (existsSync(node)) {
    const walls = spawnSync(node, [join(app, 'sandbox/doctor.ts')], { stdio: 'inherit', cwd: app });
    if (walls.status !== 0) missing++;
  }
  process.exit(missing === 0 ? 0 : 1);
}

/** Runs the command on Node 24 and ends as it ends; signals reach it because it shares the terminal. */
function handOver() {
  const script = join(app, 'runner/commands', `${command}.ts`);
  if (!existsSync(script)) throw new CannotDo(`there is no command ${command}`, 'ls runner/commands');
  const child = spawn(node, [script, ...args], { stdio: 'inherit', cwd: process.env.INIT_CWD ?? app });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

try {
  const never = unsupported();
  if (never) throw never;
  if (command === 'doctor') await doctor();
  if (command === 'start') for (const line of warnings()) console.log(`! ${line}`);
  const steps = needs[needsOf[command] ?? 'boxes']();
  await ask(steps);
  await make(steps);
  if (command !== 'build') handOver();
} catch (error) {
  const fact = error instanceof Error ? error.message : String(error);
  console.error(`✗ ${fact}`);
  if (error instanceof CannotDo) console.error(`  ${error.fix}`);
  process.exit(1);
}
