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
  - { number: '16', slug: 16-cas, title: Cas, summary: Cas, chapters: [{ number: '00', title: Début, summary: Début }, { number: '05', title: Limiter, summary: Limiter }] }
`,
);
write('course/glossaire.yml', '- { id: cache, term: Cache, definition: Une copie. }\n');
write('labs/16-05a-un/lab.md', '---\ntitle: Un\n---\nÉnoncé\n');
// An introduction: it promises nothing, so that each page here has the one fault that is looked for.
const folder = 'course/16-cas/00-debut';
write(`${folder}/chapter.yml`, 'title: Début\nlevel: 2\n');
write(`${folder}/code.ts`, '// #region bien\n1\n// #endregion\n');

/** The faults of a course whose one page has this body. */
function faults(body: string, title = 'title: Page'): string[] {
  write(`${folder}/1-page.mdx`, `---\n${title}\n---\n\n${body}\n`);
  return checkCourse(readCourse()).map((fault) => fault.message);
}

test('a page without fault has none', () => {
  const body = `[ici](/16-cas/00-debut/) <Terme id="cache">cache</Terme>

<Lab id="16-05a-un" />

\`\`\`ts run id="un" title="Un"
1
\`\`\`

\`\`\`python run id="un" title="Un"
1
\`\`\`

\`\`\`file path="code.ts" part="bien"
\`\`\`

\`\`\`mermaid alt="A mène à B"
flowchart LR
  A --> B
\`\`\``;
  assert.deepEqual(faults(body), []);
});

const cases: [name: string, body: string, words: RegExp][] = [
  [
    'a cell id used twice',
    '```ts run id="un" title="Un"\n1\n```\n\ntexte\n\n```ts run id="un" title="Un"\n2\n```',
    /1-page\.mdx:11 — L’identifiant de cellule « un » sert déjà dans .*1-page\.mdx:5.*Donnez un autre id/,
  ],
  [
    'a cell without an id',
    '```ts run\n1\n```',
    /:5 — Cette cellule n’a pas d’identifiant\. Écrivez par exemple id=/,
  ],
  ['a cell without a title', '```ts run id="un"\n1\n```', /:5 — La cellule « un » n’a pas de titre/],
  ['an unknown lab', '<Lab id="absent" />', /:5 — Le lab « absent » n’existe pas\. Corrigez id, ou créez/],
  [
    'an unknown term',
    'Un <Terme id="absent">mot</Terme>.',
    /:5 — Le terme « absent » n’est pas au glossaire\. Ajoutez-le/,
  ],
  [
    'an unknown topology',
    '```ts run id="a" title="A" topology="galaxie"\n1\n```',
    /:5 — La topologie « galaxie » n’existe pas\. Écrivez topology=/,
  ],
  ['an unknown component', '<Inconnu />', /:5 — Le composant <Inconnu> n’existe pas\. Employez/],
  ['a dead link', '[là](/16-cas/nulle-part/)', /:5 — Le lien \/16-cas\/nulle-part\/ ne mène nulle part/],
  ['a link without its last slash', '[là](/16-cas/00-debut)', /ne mène nulle part\. Ajoutez la barre finale/],
  [
    'a broken mark',
    '```file path="code.ts" part="absente"\n```',
    /code\.ts — La partie « absente » n’existe pas/,
  ],
  [
    'a file that is not there',
    '```file path="rien.ts"\n```',
    /:5 — Le fichier montré « rien\.ts » n’existe pas/,
  ],
  [
    'a drawing without words',
    '```mermaid\nflowchart LR\n  A --> B\n```',
    /:5 — Ce diagramme n’a pas de texte de remplacement\. Ajoutez alt=/,
  ],
  ['an image without words', '![](image.png)', /:5 — Cette image n’a pas de texte de remplacement/],
  ['English left behind', 'TODO: translate this page.', /:5 — « TODO » est resté dans le texte/],
  ['MDX that does not parse', '<Note>', /1-page\.mdx — La page ne se lit pas/],
];
for (const [name, body, words] of cases) {
  test(`${name}: said in French, with the file and the next step`, () => {
    const found = faults(body);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0], words);
  });
}

test('a page without a title', () => {
  assert.match(faults('Texte.', 'description: rien').join('\n'), /:1 — Cette page n’a pas de titre/);
});

test('a case study without one of its five parts', () => {
  faults('Texte.');
  write('course/16-cas/05-limiter/chapter.yml', 'title: Limiter\n');
  write('course/16-cas/05-limiter/1-contexte.mdx', '---\ntitle: Contexte\n---\n\nTexte.\n');
  const found = checkCourse(readCourse()).map((fault) => fault.message);
  assert.equal(found.length, 4);
  assert.match(found[0], /05-limiter — La partie « 2-alternatives » manque\. Créez .*2-alternatives\.mdx/);
  rmSync(join(root, 'course/16-cas/05-limiter'), { recursive: true });
});
