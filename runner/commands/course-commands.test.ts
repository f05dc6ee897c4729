/** Every command of Redis that a lesson or a lab's answers use is one that its learner may run. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { app } from '../setup/places.mjs';

/** Who may run each command, containers' subcommands as `client|list`. */
const reviewed = new Map(
  readFileSync(join(app, 'sandbox/redis-acl.reviewed.txt'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).split(' ')]),
);
const containers = new Set(
  [...reviewed.keys()].filter((name) => name.includes('|')).map((name) => name.split('|')[0]),
);

const called = /\bcall(?:Buffer)?\(\s*['"]([\w.]+)['"](?:\s*,\s*['"](\w+)['"])?/g;
const method =
  /\b(?:redis|client|r|rdb|pipe|pipeline|tx|multi)\.([A-Za-z]\w*)\((?:\s*ctx,)?(?:\s*['"](\w+)['"])?/g;
const execute = /\bexecute_command\(\s*['"]([\w.]+)['"](?:\s*,\s*['"](\w+)['"])?/g;

/** Refusals that a lesson shows on purpose. */
const shown = new Set([
  'course/09-integration-langages-programmation/03-gestion-erreurs-retry/5-surveiller.mdx: config|set',
]);

/** The commands that a file names, as the server calls them. */
function commandsOf(path: string): Set<string> {
  const text = readFileSync(join(app, path), 'utf8');
  const found = new Set<string>();
  const add = (name: string, sub?: string): void => {
    const command = name.toLowerCase();
    if (containers.has(command) && sub !== undefined && reviewed.has(`${command}|${sub.toLowerCase()}`))
      found.add(`${command}|${sub.toLowerCase()}`);
    else if (reviewed.has(command)) found.add(command);
  };
  if (path.endsWith('.redis')) {
    for (const line of text.split('\n').filter((one) => /^[A-Za-z]/.test(one))) {
      const [name, sub] = line.split(/\s+/);
      add(name, sub);
    }
    return found;
  }
  for (const pattern of [called, method, execute]) {
    for (const [, name, sub] of text.matchAll(pattern)) add(name, sub);
  }
  return found;
}

/** The files of a glob whose code runs as a learner. */
const learnersFiles = (...patterns: string[]): string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: app }))
    .filter((path) => !/\.test\.|_test\.go|test_|\/benchmarks\/|\/monitoring\//.test(path));

function forbidden(paths: string[], role: 'learner' | 'grading'): string[] {
  return paths.flatMap((path) =>
    [...commandsOf(path)]
      .filter((command) => !reviewed.get(command)!.includes(role))
      .map((command) => `${path}: ${command}`)
      .filter((use) => !shown.has(use)),
  );
}

test('lessons use what a learner may run', () => {
  const paths = learnersFiles('course/*/*/**/*.{mdx,ts,py,go,lua}', 'course/*/*/*.redis');
  const commands = new Set(paths.flatMap((path) => [...commandsOf(path)]));
  assert.ok(commands.size > 30, `${commands.size} commands were found`);
  assert.deepEqual(forbidden(paths, 'learner'), []);
});

test('answers of labs use what may be run while they are graded, their seeds what a learner may', () => {
  const answers = learnersFiles('labs/*/{starter,solution}.{ts,py,go}', 'labs/*/attempts/correct-*');
  const commands = new Set(answers.flatMap((path) => [...commandsOf(path)]));
  assert.ok(commands.size > 15, `${commands.size} commands were found`);
  assert.deepEqual(forbidden(answers, 'grading'), []);
  assert.deepEqual(forbidden(learnersFiles('labs/*/*.redis'), 'learner'), []);
});
