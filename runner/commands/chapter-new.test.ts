import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLessons } from '../lessons.ts';
import { newChapter } from './chapter-new.ts';

test('a chapter made from the template is one the server can open, with its five parts', () => {
  const room = mkdtempSync(join(tmpdir(), 'course-'));
  try {
    const folder = newChapter(room, '09-01', 'clients');
    const { lessons, problems } = readLessons(room);
    assert.deepEqual(problems, []);
    assert.match(lessons.get('09-01')!.seed, /^HSET produit:1/);
    const pages = globSync('[1-5]-*.mdx', { cwd: folder });
    assert.equal(pages.length, 5);
    for (const page of pages) {
      const text = readFileSync(join(folder, page), 'utf8');
      assert.match(text, /^---\ntitle: "Clients Redis : vue d’ensemble — /);
      assert.doesNotMatch(text, /TITRE/);
    }
    assert.throws(() => newChapter(room, '09-01', 'autre'), /existe déjà/);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
});

test('a chapter that the plan has not, or that cannot be an address, is refused with the next step', () => {
  assert.throws(() => newChapter('nowhere', '16-99', 'x'), /Ajoutez-le d’abord à course\/plan\.yml/);
  assert.throws(() => newChapter('nowhere', '16-02', 'É té'), /minuscules sans accent/);
});
