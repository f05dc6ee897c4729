/** A chapter as a Jupyter notebook, in Python or in TypeScript (Deno's kernel). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDenos } from '../client/deno.ts';
import type { Block } from './blocks.ts';
import type { Chapter } from './course.ts';
import { root } from './rooms.ts';
import { seedOf, settingsOf, wordsOf } from './settings.ts';
import { versions } from './versions.ts';

/** The languages that have a Jupyter kernel of their own. */
export const notebookLanguages = ['python', 'typescript'] as const;
export type NotebookLanguage = (typeof notebookLanguages)[number];

interface NotebookCell {
  cell_type: 'markdown' | 'code';
  id: string;
  metadata: Record<string, unknown>;
  source: string;
  execution_count?: null;
  outputs?: [];
}

const kernels = {
  python: {
    kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
    language_info: { name: 'python', file_extension: '.py', mimetype: 'text/x-python' },
  },
  typescript: {
    kernelspec: { name: 'deno', display_name: 'Deno', language: 'typescript' },
    language_info: { name: 'typescript', file_extension: '.ts', mimetype: 'text/x.typescript' },
  },
};

const home = join(root, 'site/src/content/home');
const file = (name: string) => readFileSync(join(home, name), 'utf8').trim();
const words = (chapter: Chapter) => [
  ...Object.entries(settingsOf(chapter)).map((setting) => ['CONFIG', 'SET', ...setting]),
  ...seedOf(chapter).map(wordsOf),
];

/** Sets Redis as the chapter counts on it, and makes `display`. */
const preparation = {
  python: (chapter: Chapter) =>
    `%pip install --quiet redis==${versions.redis}\n\n${file('display.py')}\n\nimport redis\n\nfor command in ${lines(words(chapter))}:\n    redis.Redis().execute_command(*command)`,
  typescript: (chapter: Chapter) =>
    `${file('display.ts')}\n\nimport { Redis as Client } from 'ioredis';\nconst client = new Client();\nfor (const [name, ...rest] of ${lines(words(chapter))}) await client.call(name, ...rest);\nclient.disconnect();`,
};
const lines = (commands: string[][]) =>
  `[\n${commands.map((one) => `    ${JSON.stringify(one)},`).join('\n')}\n]`;
const names = { python: 'Python', typescript: 'TypeScript', go: 'Go' };

/** The notebook as its file holds it; cells without a version in this language are shown, not run. */
export function notebookOf(
  chapter: Chapter,
  introduction: string,
  blocks: Block[],
  language: NotebookLanguage,
): string {
  const cells: NotebookCell[] = [
    markdown('introduction', `# ${chapter.title}\n\n${introduction}`),
    {
      ...code('preparation', preparation[language](chapter)),
      metadata: { jupyter: { source_hidden: true } },
    },
  ];
  for (const [index, block] of blocks.entries()) {
    if (block.kind === 'text') {
      cells.push(markdown(`texte-${index}`, block.markdown));
      continue;
    }
    const [first] = block.variants;
    const variant = block.variants.find((one) => one.language === language);
    cells.push(markdown(`titre-${index}`, `**${first.title}**`));
    if (first.topology) {
      const note =
        'Cette cellule demande plusieurs Redis : elle s’exécute dans l’Atelier, qui les démarre et les met en panne.';
      cells.push(markdown(`code-${index}`, `${note}\n\n\`\`\`${first.language}\n${first.code}\n\`\`\``));
      continue;
    }
    if (!variant) {
      const note = `Cette cellule n’existe qu’en ${block.variants.map((one) => names[one.language]).join(' et en ')}.`;
      cells.push(markdown(`code-${index}`, `${note}\n\n\`\`\`${first.language}\n${first.code}\n\`\`\``));
      continue;
    }
    const metadata: Record<string, unknown> = { atelier: { cell: variant.id } };
    // Jupyter goes on after a cell that is there to fail.
    if (variant.expect !== 'done') metadata.tags = ['raises-exception'];
    cells.push({ ...code(`cellule-${index}`, variant.code), metadata });
  }
  if (language === 'typescript') makeDenos(cells);
  return `${JSON.stringify({ cells, metadata: kernels[language], nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

const markdown = (id: string, source: string): NotebookCell => ({
  cell_type: 'markdown',
  id,
  metadata: {},
  source,
});

const code = (id: string, source: string): NotebookCell => ({
  cell_type: 'code',
  id,
  metadata: {},
  source,
  execution_count: null,
  outputs: [],
});
