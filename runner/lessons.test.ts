import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readLabs } from './labs.ts';
import { readLessons, SCRATCH } from './lessons.ts';

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-course-'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

test('a chapter is a lesson by its numbers, with what it asks for and its seed', () => {
  write(
    'course/16-cas/05-limites/chapter.yml',
    'title: Limites\ninstance: {memory: 128, policy: allkeys-lru}\nseed: seed.redis\n',
  );
  write('course/16-cas/05-limites/seed.redis', 'SET a 1\n');
  write('course/16-cas/06-cache/chapter.yml', 'title: Cache\n');
  const { lessons, problems } = readLessons(join(folder, 'course'));
  assert.deepEqual(problems, []);
  assert.deepEqual([...lessons.keys()], [SCRATCH, '16-05', '16-06']);
  assert.deepEqual(lessons.get('16-05'), {
    lesson: '16-05',
    instance: { memory: 128, policy: 'allkeys-lru', clients: 128, notify: '', slowlog: 10_000 },
    box: { memory: 256, disk: 16 },
    seed: 'SET a 1\n',
  });
});

test('a chapter that asks for too much, or is wrong, is left out and named', () => {
  write('wrong/16-cas/01-gros/chapter.yml', 'title: Gros\ninstance: {memory: 100000}\n');
  write('wrong/16-cas/02-casse/chapter.yml', 'title: [\n');
  write('wrong/16-cas/03-evasion/chapter.yml', 'title: Évasion\nseed: ../../../etc/passwd\n');
  write('wrong/16-cas/04-bon/chapter.yml', 'title: Bon\n');
  const { lessons, problems } = readLessons(join(folder, 'wrong'));
  assert.deepEqual([...lessons.keys()], [SCRATCH, '16-04']);
  assert.deepEqual(
    problems.map(({ file }) => file.split('/').at(-2)),
    ['01-gros', '02-casse', '03-evasion'],
  );
});

test('every chapter and lab of this clone can be read', () => {
  const root = join(import.meta.dirname, '..');
  const { lessons, problems } = readLessons(join(root, 'course'));
  const labs = readLabs([join(root, 'labs')]);
  assert.deepEqual([...problems, ...labs.problems], []);
  assert.ok(lessons.has('16-05'));
  const lab = labs.labs.get('16-05a-fenetre-fixe');
  assert.ok(
    lab !== undefined && lab.latency && lab.hints.length === 3 && lab.languages.includes('typescript'),
  );
});

test('a private folder adds labs and replaces none', () => {
  const matter = '---\ntitle: T\nhints: [a]\nlatency: null\n---\n\nÉnoncé\n';
  write('labs/16-05a-x/lab.md', matter);
  write('labs/modele/lab.md', matter);
  write('private/16-05a-x/lab.md', matter);
  write('private/99-01-prive/lab.md', matter);
  write('private/99-02-casse/lab.md', 'sans entête');
  const { labs, problems } = readLabs([join(folder, 'labs'), join(folder, 'private')]);
  assert.deepEqual([...labs.keys()], ['16-05a-x', '99-01-prive']);
  assert.equal(labs.get('16-05a-x')?.folder, join(folder, 'labs/16-05a-x'));
  assert.equal(labs.get('16-05a-x')?.latency, false);
  assert.equal(problems.length, 2);
});
