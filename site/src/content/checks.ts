/** The checks of the course's content: each fault names the file, says a fact, and gives the next step. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cellsOf, isTopology, lineOf, nodesOf } from './cells.ts';
import { allChapters, type Chapter, type Module } from './course.ts';
import { ContentFault } from './fault.ts';
import { languageOfFile, readFence } from './fence.ts';
import { readGlossary } from './glossary.ts';
import { checkPromises } from './promises.ts';
import { takeRegion } from './region.ts';
import { root } from './rooms.ts';
import { drawDiagram } from './diagram.ts';

/** The five parts of a case study, by the start of their file names. */
const parts = ['1-contexte', '2-alternatives', '3-architecture', '4-implementation', '5-monitoring'];

/** Every fault of the course's content, in reading order. An empty list is a course that can be published. */
export function checkCourse(modules: Module[]): ContentFault[] {
  const known = new Set(siteUrls(modules));
  const labs = new Set(allChapters(modules).flatMap((chapter) => chapter.labs.map((lab) => lab.id)));
  const terms = new Set(readGlossary().map((term) => term.id));
  return allChapters(modules).flatMap((chapter) => checkChapter(chapter, known, labs, terms));
}

/** Every address of the site that content may link to. */
export function siteUrls(modules: Module[]): string[] {
  const chapters = allChapters(modules);
  return [
    '/',
    '/glossaire/',
    '/labs/',
    '/par-besoin/',
    ...modules.map((module) => `/${module.slug}/`),
    ...chapters.flatMap((chapter) =>
      chapter.url ? [chapter.url, ...chapter.pages.map((page) => page.url)] : [],
    ),
    ...chapters.flatMap((chapter) => chapter.labs.map((lab) => lab.url)),
  ];
}

function checkChapter(
  chapter: Chapter,
  known: Set<string>,
  labs: Set<string>,
  terms: Set<string>,
): ContentFault[] {
  if (!chapter.folder) return [];
  const faults: ContentFault[] = [];
  const folder = relative(root, chapter.folder);
  if (!existsSync(join(chapter.folder, 'chapter.yml'))) {
    faults.push(
      new ContentFault(
        `${folder}/chapter.yml`,
        null,
        'Ce fichier manque.',
        'Créez-le avec au moins « title » et « level ».',
      ),
    );
  }
  faults.push(...missingParts(chapter, folder));
  const cells = new Map<string, string>();
  for (const page of chapter.pages) {
    const file = relative(root, page.file);
    try {
      faults.push(...checkPage(page.file, file, cells, known, labs, terms));
    } catch (error) {
      faults.push(
        error instanceof ContentFault
          ? error
          : new ContentFault(
              file,
              null,
              `La page ne se lit pas : ${(error as Error).message}`,
              'Corrigez le MDX à l’endroit indiqué.',
            ),
      );
    }
  }
  return faults.length > 0 ? faults : checkPromises(chapter);
}

function missingParts(chapter: Chapter, folder: string): ContentFault[] {
  const isCase = /^16-0[1-8]$/.test(chapter.lesson);
  const names = chapter.pages.map((page) => page.file.slice(page.file.lastIndexOf('/') + 1));
  if (names.length === 0) {
    return [
      new ContentFault(
        folder,
        null,
        'Ce chapitre n’a aucune page.',
        'Ajoutez-y une page .mdx, par exemple 1-contexte.mdx.',
      ),
    ];
  }
  if (!isCase) return [];
  return parts
    .filter((part) => !names.some((name) => name.startsWith(part)))
    .map(
      (part) =>
        new ContentFault(
          folder,
          null,
          `La partie « ${part} » manque.`,
          `Créez ${folder}/${part}.mdx : une étude de cas a cinq parties.`,
        ),
    );
}

function checkPage(
  path: string,
  file: string,
  cells: Map<string, string>,
  known: Set<string>,
  labs: Set<string>,
  terms: Set<string>,
): ContentFault[] {
  const source = readFileSync(path, 'utf8');
  const nodes = nodesOf(source);
  const faults: ContentFault[] = [];
  const fault = (line: number | null, fact: string, next: string) =>
    faults.push(new ContentFault(file, line, fact, next));

  if (!/^---\n[\s\S]*?\btitle:/.test(source))
    fault(1, 'Cette page n’a pas de titre.', 'Ajoutez « title: … » entre les lignes « --- » du début.');

  for (const cell of cellsOf(nodes)) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(cell.id)) {
      fault(
        cell.line,
        cell.id
          ? `L’identifiant de cellule « ${cell.id} » n’est pas valable.`
          : 'Cette cellule n’a pas d’identifiant.',
        'Écrivez par exemple id="premier-incr" : minuscules, chiffres et tirets.',
      );
      continue;
    }
    const key = `${cell.id} ${cell.language}`;
    const other = cells.get(key);
    if (other)
      fault(
        cell.line,
        `L’identifiant de cellule « ${cell.id} » sert déjà dans ${other}.`,
        'Donnez un autre id à l’une des deux : il doit être unique dans le chapitre.',
      );
    else cells.set(key, `${file}:${cell.line}`);
    if (!cell.title)
      fault(
        cell.line,
        `La cellule « ${cell.id} » n’a pas de titre.`,
        'Ajoutez title="…" : c’est ce que lit un lecteur d’écran.',
      );
  }

  for (const node of nodes) {
    const line = lineOf(node);
    if (node.type === 'code') {
      const fence = readFence(node.lang, node.meta);
      const { topology } = fence.attributes;
      if (topology !== undefined && !isTopology(topology))
        fault(
          line,
          `La topologie « ${topology} » n’existe pas.`,
          'Écrivez topology="replica", "sentinel", "cluster" ou "regions".',
        );
      if (fence.language === 'file') checkFile(path, fence.attributes, line, fault, faults);
      if (fence.language === 'mermaid') checkDiagram(node.value ?? '', fence.attributes.alt, line, fault);
    }
    if (node.type === 'text') {
      const left = untranslated.exec(node.value ?? '')?.[0];
      if (left)
        fault(
          line,
          `« ${left} » est resté dans le texte.`,
          'Traduisez-le, ou mettez-le en code s’il est voulu.',
        );
    }
    if (node.type === 'image' && !altOf(node))
      fault(
        line,
        'Cette image n’a pas de texte de remplacement.',
        'Écrivez ![ce que l’image montre](chemin).',
      );
    if (node.type === 'link' && node.url) checkLink(node.url, line, known, fault);
    if (node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement') {
      const id = attribute(node, 'id');
      if (node.name === 'Lab' && !labs.has(id ?? ''))
        fault(
          line,
          `Le lab « ${id ?? ''} » n’existe pas.`,
          'Corrigez id, ou créez le dossier labs/<id>/ avec son lab.md.',
        );
      if (node.name === 'Terme' && !terms.has(id ?? ''))
        fault(
          line,
          `Le terme « ${id ?? ''} » n’est pas au glossaire.`,
          'Ajoutez-le à course/glossaire.yml, ou corrigez id.',
        );
      if (node.name === 'a') checkLink(attribute(node, 'href') ?? '', line, known, fault);
      if (node.name && /^[A-Z]/.test(node.name) && !components.has(node.name)) {
        fault(
          line,
          `Le composant <${node.name}> n’existe pas.`,
          `Employez l’un de ceux-ci : ${[...components].join(', ')}.`,
        );
      }
    }
  }
  return faults;
}

/** The components a page may use without importing them. */
export const components = new Set([
  'Objectif',
  'Note',
  'Attention',
  'Erreur',
  'Decision',
  'Principe',
  'Plot',
  'Lab',
  'Terme',
  'Details',
  'Cibles',
]);

/** Words that betray a sentence nobody translated, or a note that nobody meant to publish. */
const untranslated =
  /\b(?:TODO|FIXME|XXX|lorem ipsum)\b|\b(?:the|this|that|with|from|which|when|your) (?:the|this|is|are|was|of|a|in|to|page|key|keys|value|client|server)\b/i;

type Report = (line: number | null, fact: string, next: string) => void;

function checkFile(
  page: string,
  attributes: Record<string, string>,
  line: number,
  fault: Report,
  faults: ContentFault[],
): void {
  const path = join(dirname(page), attributes.path ?? '');
  if (!attributes.path || !existsSync(path)) {
    fault(
      line,
      `Le fichier montré « ${attributes.path ?? ''} » n’existe pas.`,
      'Corrigez l’attribut path : il se lit depuis le dossier de la page.',
    );
    return;
  }
  if (languageOfFile(path) === 'txt' && /\.(?:ts|py|go|lua)$/.test(path)) return;
  try {
    takeRegion(readFileSync(path, 'utf8'), attributes.part, relative(root, path));
  } catch (error) {
    faults.push(error as ContentFault);
  }
}

function checkDiagram(source: string, alternative: string | undefined, line: number, fault: Report): void {
  if (!alternative)
    fault(
      line,
      'Ce diagramme n’a pas de texte de remplacement.',
      'Ajoutez alt="ce que le dessin montre" après ```mermaid.',
    );
  try {
    drawDiagram(source, 'd', '');
  } catch (error) {
    fault(
      line,
      `Ce diagramme ne se dessine pas : ${(error as Error).message}`,
      'Corrigez sa syntaxe Mermaid.',
    );
  }
}

function checkLink(url: string, line: number, known: Set<string>, fault: Report): void {
  if (!url.startsWith('/') || url.startsWith('//')) return;
  const path = url.replace(/[#?].*$/, '');
  if (known.has(path) || /\.\w+$/.test(path)) return;
  fault(
    line,
    `Le lien ${url} ne mène nulle part.`,
    known.has(`${path}/`)
      ? 'Ajoutez la barre finale.'
      : 'Corrigez l’adresse, ou attendez que la page existe.',
  );
}

function attribute(
  node: { attributes?: { name?: string; value?: unknown }[] },
  name: string,
): string | undefined {
  const value = node.attributes?.find((candidate) => candidate.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
}

const altOf = (node: object) => ('alt' in node && typeof node.alt === 'string' ? node.alt : '');
