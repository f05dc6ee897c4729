import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { forDeno } from '../client/deno.ts';
import { downloadNames, downloadsOf } from './archive.ts';
import { allChapters, readCourse, type Chapter } from './course.ts';
import { versions } from './versions.ts';

const chapters = allChapters(readCourse()).filter((chapter) => chapter.pages.length > 0);
const address = 'http://localhost:4321';
const chapter = (lesson: string) => chapters.find((one) => one.lesson === lesson)!;
const archiveOf = (one: Chapter) =>
  unzipSync(downloadsOf(one, address).find(({ name }) => name.endsWith('.zip'))!.content);

test('every chapter that runs has its archive and its notebooks, without anything of a lab', () => {
  for (const one of chapters) {
    const downloads = downloadsOf(one, address);
    assert.deepEqual(
      downloads.map(({ name }) => name),
      downloadNames(one),
    );
    for (const { name, content } of downloads) {
      const texts = name.endsWith('.zip') ? Object.values(unzipSync(content)) : [content];
      for (const text of texts.map((bytes) => strFromU8(bytes)))
        assert.doesNotMatch(text, /labs\/kit|checks?\(context|attempts\/|export default check/, name);
    }
  }
});

test('the archive is the tree of the brief, with what starts it', () => {
  const paths = Object.keys(archiveOf(chapter('16-05')));
  for (const expected of [
    'architecture.md',
    'data-model.md',
    'implementation/nodejs/production.ts',
    'implementation/python/production.py',
    'implementation/go/production.go',
    'lua-scripts/fixed-window.lua',
    'monitoring/metrics.md',
    'monitoring/dashboards/rate-limiting.json',
    'benchmarks/results.md',
    'package.json',
    'docker-compose.yml',
    'README.md',
    'LICENSE',
    '16-05-python.ipynb',
  ])
    assert.ok(paths.includes(expected), expected);
  assert.equal(paths.filter((path) => /node_modules|\.mdx$|cells\.test/.test(path)).length, 0);
});

test('what tries a dashboard on a real Prometheus is ours, and stays', () => {
  const paths = Object.keys(archiveOf(chapter('16-01'))).filter((path) => path.startsWith('monitoring/'));
  assert.deepEqual(paths.toSorted(), [
    'monitoring/alerts.yml',
    'monitoring/dashboards/sessions.json',
    'monitoring/metrics.md',
  ]);
});

test('notebooks are what nbformat 4.5 asks', () => {
  for (const { name, content } of chapters
    .flatMap((one) => downloadsOf(one, address))
    .filter((download) => download.name.endsWith('.ipynb'))) {
    const notebook = JSON.parse(strFromU8(content)) as Record<string, unknown> & {
      metadata: { kernelspec: { name: string; display_name: string } };
      cells: Record<string, unknown>[];
    };
    assert.deepEqual([notebook.nbformat, notebook.nbformat_minor], [4, 5], name);
    assert.equal(notebook.metadata.kernelspec.name, name.includes('python') ? 'python3' : 'deno');
    const ids = notebook.cells.map((cell) => String(cell.id));
    assert.equal(new Set(ids).size, ids.length);
    for (const cell of notebook.cells) {
      assert.match(String(cell.id), /^[a-zA-Z0-9_-]{1,64}$/);
      assert.equal(typeof cell.source, 'string');
      const keys = ['cell_type', 'id', 'metadata', 'source'];
      if (cell.cell_type === 'code') keys.push('execution_count', 'outputs');
      else assert.equal(cell.cell_type, 'markdown');
      assert.deepEqual(Object.keys(cell).toSorted(), keys.toSorted(), name);
      if (cell.cell_type === 'markdown')
        assert.doesNotMatch(String(cell.source), /<\/?(?:Terme|Note|Lab|Principe)\b/);
    }
  }
});

test('Deno reads the same ioredis', () => {
  assert.deepEqual(forDeno(['import { Redis } from \'ioredis\'\nconst m = await import("ioredis")']), [
    `import { Redis } from 'npm:ioredis@${versions.ioredis}'\nconst m = await import("npm:ioredis@${versions.ioredis}")`,
  ]);
});

test('names that several cells declare may be declared again in Deno', () => {
  assert.deepEqual(
    forDeno([
      'const start = 1\nconst once = 2\nclass Box {}\nfunction turn() {\n  const start = 3\n}',
      'let { start, b: turn } = thing\nclass Box {}',
    ]),
    [
      'var start = 1\nconst once = 2\nvar Box = class Box {}\nfunction turn() {\n  const start = 3\n}',
      'var { start, b: turn } = thing\nvar Box = class Box {}',
    ],
  );
});
