import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, write } from './temporary-course.ts';

const { checkCourse } = await import('./checks.ts');
const { readCourse } = await import('./course.ts');

write(
  'course/plan.yml',
  `modules:
  - { number: '16', slug: 16-cas, title: Cas, summary: Cas, chapters: [{ number: '05', title: Limiter, summary: Limiter }] }
`,
);
write('course/glossaire.yml', '[]\n');
const folder = 'course/16-cas/05-limiter';
write(`${folder}/chapter.yml`, 'title: Limiter\n');
write(`${folder}/benchmarks/bench.ts`, '');
write(`${folder}/benchmarks/results.md`, '# Mesures\n\n| a | b |\n| --- | --: |\n| x | 1 000 |\n');
for (const part of ['1-contexte', '2-alternatives', '3-architecture', '4-implementation'])
  write(`${folder}/${part}.mdx`, '---\ntitle: Partie\n---\n\nTexte.\n');

const cell = (id: string, meta = '', code = '1') =>
  `\`\`\`ts run id="${id}" ${meta} title="Une"\n${code}\n\`\`\`\n`;
/** The pieces of a chapter that keeps every promise, by what each keeps. */
const whole = {
  failure: cell('panne', 'shows="failure"'),
  alternative: cell('sql', 'shows="alternative"'),
  cells: Array.from({ length: 8 }, (_, n) => cell(`c${n}`)).join('\n'),
  plots: cell('p1', '', 'display.plot([1])') + cell('p2', '', 'display.histogram([1])'),
  drawings: '```mermaid alt="A mène à B"\nflowchart LR\n  A --> B\n```\n\n'.repeat(3),
  // The page's spaces are non-breaking where the file's are not.
  measures:
    '{/* mesures : début */}\n\n| a | b |\n| --- | --: |\n| x | 1\u00a0000 |\n\n{/* mesures : fin */}\n',
  principles: [1, 2, 3, 4, 5, 6].map((n) => `<Principe n="${n}" />`).join(', '),
  last: '<Principe n={7} />',
  words: 'Des mots.',
};

/** The faults of a chapter whose last page is whole but for these pieces. */
function faults(changed: Partial<typeof whole>): string[] {
  const pieces = Object.values({ ...whole, ...changed }).join('\n\n');
  write(`${folder}/5-monitoring.mdx`, `---\ntitle: Suite\n---\n\n${pieces}\n`);
  return checkCourse(readCourse()).map((fault) => fault.message);
}

test('a chapter that keeps its promises has no fault', () => {
  assert.deepEqual(faults({}), []);
});

const cases: [name: string, changed: Partial<typeof whole>, words: RegExp][] = [
  [
    'no failure to provoke',
    { failure: cell('panne') },
    /05-limiter — Aucune cellule de ce chapitre ne provoque une panne\. Écrivez-en une, et marquez-la/,
  ],
  [
    'no alternative measured',
    { alternative: cell('sql') },
    /05-limiter — Aucune cellule de ce chapitre ne mesure une alternative\. Mesurez dans une cellule/,
  ],
  [
    'a cell that shows what cannot be shown',
    { cells: whole.cells.replace('"c0"', '"c0" shows="joie"') },
    /5-monitoring\.mdx:\d+ — La cellule « c0 » ne peut pas montrer « joie »\. Écrivez shows="failure"/,
  ],
  [
    'no measures on any page',
    { measures: '' },
    /05-limiter — Aucune page de ce chapitre ne montre ses mesures\. Posez-y les marques/,
  ],
  [
    'measures changed by hand',
    { measures: whole.measures.replace('1\u00a0000', '2\u00a0000') },
    /5-monitoring\.mdx — Ses mesures ne sont pas celles de benchmarks\/results\.md\. Lancez npm run bench -- 16-05/,
  ],
  [
    'too few cells',
    { cells: cell('c1') },
    /05-limiter — Ce chapitre a trop peu de cellules : 5, sur 12 au moins\. Ajoutez-en 7/,
  ],
  [
    'too few drawings',
    { drawings: '' },
    /Ce chapitre a trop peu de diagrammes : 0, sur 3 au moins\. Ajoutez-en 3/,
  ],
  [
    'too few plots',
    { plots: cell('p1') + cell('p2', '', 'display.plot([1])') },
    /Ce chapitre a trop peu de cellules qui tracent une courbe ou un histogramme : 1, sur 2 au moins/,
  ],
  [
    'too long',
    { words: 'mot '.repeat(6000) },
    /Ce chapitre est trop long : 60\d\d mots, sur 6000 au plus, code non compris\. Retirez-en/,
  ],
  [
    'a principle forgotten',
    { last: '' },
    /Le principe 7, « L’évolution plutôt que la perfection », n’est pas cité dans ce chapitre\. Écrivez <Principe n="7" \/>/,
  ],
  [
    'a principle that is not',
    { words: '<Principe n="8" />' },
    /5-monitoring\.mdx:\d+ — Ce principe n’existe pas\. Écrivez <Principe n="1" \/> à <Principe n="7" \/>/,
  ],
];
for (const [name, changed, words] of cases) {
  test(`${name}: said in French, with the file and the next step`, () => {
    const found = faults(changed);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0], words);
  });
}

test('a chapter without a bench is told to write one', () => {
  rmSync(join(root, folder, 'benchmarks/bench.ts'));
  assert.match(faults({}).join('\n'), /05-limiter — Ce chapitre n’a pas de mesures : benchmarks\/bench\.ts/);
});
