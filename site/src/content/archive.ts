/** What a reader takes home of a chapter: its tree, its cells, its notebooks, and what starts them. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { blocksOf, type Block } from './blocks.ts';
import { cellsOf, nodesOf, type CellSource } from './cells.ts';
import type { Chapter } from './course.ts';
import { notebookLanguages, notebookOf, type NotebookLanguage } from './notebook.ts';
import { settingsOf } from './settings.ts';
import { root } from './rooms.ts';
import { versions } from './versions.ts';

/** The files of a chapter's folder that are its reader's; its pages and our own tests stay here. */
const taken = [
  '*.md',
  'seed.redis',
  '{implementation,lua-scripts,benchmarks}/**/*',
  'monitoring/**/*.{md,yml,json}',
];
const extensions = { typescript: 'ts', python: 'py', go: 'go' };
const home = join(root, 'site/src/content/home');
/** The same archive for the same content, whenever it is built. */
const mtime = '2026-01-01T00:00:00Z';

/** A download of a chapter: the name of its file, and what it holds. */
export interface Download {
  name: string;
  content: Uint8Array;
}

/** The names of what can be taken home of a chapter; none when none of its cells runs. */
export function downloadNames(chapter: Chapter): string[] {
  const cells = chapter.pages.flatMap((page) => cellsOf(nodesOf(readFileSync(page.file, 'utf8'))));
  if (cells.length === 0) return [];
  const offered = notebookLanguages.filter((language) => cells.some((cell) => cell.language === language));
  return [...offered.map((language) => `${chapter.lesson}-${language}.ipynb`), `${chapter.lesson}.zip`];
}

/** Everything that can be taken home of a chapter, as {@link downloadNames} names it. */
export function downloadsOf(chapter: Chapter, address: string): Download[] {
  const blocks = chapter.pages.flatMap((page): Block[] => [
    { kind: 'text', markdown: `## ${page.title}` },
    ...blocksOf(page.file, address),
  ]);
  const cells = blocks.flatMap((block) => (block.kind === 'cell' ? [block.variants] : []));
  if (cells.length === 0) return [];
  const notebooks = notebookLanguages
    .filter((language) => cells.some((variants) => variants.some((one) => one.language === language)))
    .map((language) => ({
      name: `${chapter.lesson}-${language}.ipynb`,
      content: strToU8(notebookOf(chapter, introduction(chapter, address, language), blocks, language)),
    }));
  return [
    ...notebooks,
    { name: `${chapter.lesson}.zip`, content: archive(chapter, address, cells, notebooks) },
  ];
}

function archive(
  chapter: Chapter,
  address: string,
  cells: CellSource[][],
  notebooks: Download[],
): Uint8Array {
  const files: Zippable = {};
  const add = (path: string, content: string | Uint8Array) => {
    files[path] = [typeof content === 'string' ? strToU8(content) : content, { mtime }];
  };
  const folder = chapter.folder!;
  for (const path of globSync(taken, { cwd: folder }).toSorted()) {
    if (/node_modules|__pycache__/.test(path) || !statSync(join(folder, path)).isFile()) continue;
    add(path, readFileSync(join(folder, path)));
  }
  const listed: { file: string; title: string; expect: string; topology?: string }[] = [];
  for (const [index, variants] of cells.entries()) {
    for (const { language, id, title, code, expect, topology } of variants) {
      const file = `${String(index + 1).padStart(2, '0')}-${id}.${extensions[language]}`;
      add(`cells/${language}/${file}`, `${code}\n`);
      if (language === 'typescript') listed.push({ file, title, expect, ...(topology && { topology }) });
    }
  }
  add('cells/chapter.json', `${JSON.stringify({ settings: settingsOf(chapter), cells: listed }, null, 2)}\n`);
  if (cells.some((variants) => variants.some(({ language }) => language === 'go')))
    add(
      'cells/go/go.mod',
      `module cells\n\ngo 1.21\n\nrequire github.com/redis/go-redis/v9 ${versions.goRedis}\n`,
    );
  for (const { name, content } of notebooks) add(name, content);
  for (const name of ['start.ts', 'display.ts', 'docker-compose.yml', 'prometheus.yml'])
    add(name, readFileSync(join(home, name)));
  add('package.json', manifest(chapter));
  add('README.md', readme(chapter, address, files));
  add('LICENSE', readFileSync(join(root, 'LICENSE')));
  return zipSync(files, { level: 9, mtime });
}

function manifest({ lesson, title }: Chapter): string {
  const fields = {
    name: `atelier-redis-${lesson}`,
    version: '1.0.0',
    private: true,
    description: title,
    license: 'MIT',
    type: 'module',
    engines: { node: '>=22.18' },
    scripts: { start: 'node --disable-warning=ExperimentalWarning start.ts' },
    dependencies: { ioredis: versions.ioredis },
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

function introduction(chapter: Chapter, address: string, language: NotebookLanguage): string {
  const kernel =
    language === 'python'
      ? 'Ce carnet demande Python 3.10 ou plus.'
      : 'Ce carnet demande le noyau de Deno : `deno jupyter --install`.';
  return `${chapter.description}\n\n${kernel} Il parle à Redis Stack sur localhost:6379 : \`docker run -p 6379:6379 redis/redis-stack-server\`. La cellule suivante y écrit les données et les réglages de départ du chapitre : donnez-lui un Redis d’essai. [Ce chapitre dans l’Atelier](${address}${chapter.url}).`;
}

function readme({ title, description, url }: Chapter, address: string, files: Zippable): string {
  const has = (path: string) => Object.keys(files).some((name) => name.startsWith(path));
  const rows = [
    ['cells/', 'les cellules du chapitre, dans l’ordre, par langage (les vôtres si vous les avez modifiées)'],
    ['architecture.md', 'l’architecture et ses flux'],
    ['data-model.md', 'les clés, leurs types, leur TTL et leur mémoire'],
    ['implementation/', 'le code de production en Node.js, Python et Go, avec ses tests'],
    ['lua-scripts/', 'les scripts Lua'],
    ['monitoring/', 'les indicateurs, les alertes et le tableau de bord'],
    ['benchmarks/', 'les mesures du chapitre et le programme qui les refait'],
    ['seed.redis', 'les données de départ'],
  ].filter(([path]) => has(path));
  return `# ${title}

${description}

\`\`\`sh
docker compose up -d     # Redis Stack (6379, RedisInsight : 8001), Prometheus (9090), Grafana (3000)
npm install
npm start                # exécute les cellules TypeScript dans l’ordre ; « npm start -- 3 » : les trois premières
\`\`\`

\`REDIS_URL\` désigne un autre Redis. \`npm start\` y écrit les données de départ et y prend, le temps de l’exécution, les réglages du chapitre : donnez-lui un Redis d’essai.
Il faut Node 22.18 ou plus. Python : ouvrez le carnet \`.ipynb\` dans Jupyter. Go : \`cd cells/go && go mod tidy && go run NN-….go\`.

| Fichier | Contenu |
| --- | --- |
${rows.map(([path, text]) => `| \`${path}\` | ${text} |`).join('\n')}

Ces architectures sont des points de départ : adaptez-les à votre volume, à vos accès et à vos engagements ; éprouvez-les dans vos conditions ; auditez la sécurité (ACL, TLS, réseau privé) ; surveillez dès le premier jour ; comptez la mémoire.

Le chapitre dans l’Atelier : <${address}${url}>

Licence MIT : usage commercial, modification et redistribution permis avec mention de l’auteur, sans garantie.
`;
}
