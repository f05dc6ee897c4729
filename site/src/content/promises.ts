/**
 * What every chapter promises its reader, held by data: a failure to provoke, an alternative measured beside the
 * choice, figures that a command took, cells, drawings and plots enough, a bounded length, the principles named.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { cellsOf, lineOf, nodesOf, type CellSource } from './cells.ts';
import type { Chapter } from './course.ts';
import { ContentFault } from './fault.ts';
import { principles } from './principles.ts';
import { root } from './rooms.ts';

/** The least and the most a chapter holds. */
export const bounds = { cells: 12, drawings: 3, plots: 2, words: 6000 };

/** What a chapter's pages hold, counted. A cell in several languages is one. */
export interface Tally {
  cells: CellSource[];
  drawings: number;
  plots: number;
  words: number;
  principles: Set<number>;
}

const measures = /\{\/\* mesures : début \*\/\}\n\n([\s\S]*?)\n\n\{\/\* mesures : fin \*\/\}/;

/** The faults of a chapter against what it promises. An introduction promises nothing but principles that exist. */
export function checkPromises(chapter: Chapter): ContentFault[] {
  if (!chapter.folder || chapter.pages.length === 0) return [];
  const folder = relative(root, chapter.folder);
  const faults = chapter.pages.flatMap((page) => unknownWords(page.file));
  if (chapter.number === '00') return faults;
  const fault = (fact: string, next: string, file = folder) =>
    faults.push(new ContentFault(file, null, fact, next));
  const tally = tallyOf(chapter);

  if (!tally.cells.some((cell) => cell.shows === 'failure'))
    fault(
      'Aucune cellule de ce chapitre ne provoque une panne.',
      'Écrivez-en une, et marquez-la : ```ts run id="…" shows="failure".',
    );
  if (!tally.cells.some((cell) => cell.shows === 'alternative'))
    fault(
      'Aucune cellule de ce chapitre ne mesure une alternative.',
      'Mesurez dans une cellule ce que l’on aurait pu choisir, et marquez-la : ```ts run id="…" shows="alternative".',
    );
  missingMeasures(chapter, folder, fault);

  for (const [found, least, what] of [
    [tally.cells.length, bounds.cells, 'cellules'],
    [tally.drawings, bounds.drawings, 'diagrammes'],
    [tally.plots, bounds.plots, 'cellules qui tracent une courbe ou un histogramme'],
  ] as const)
    if (found < least)
      fault(
        `Ce chapitre a trop peu de ${what} : ${found}, sur ${least} au moins.`,
        `Ajoutez-en ${least - found}.`,
      );
  if (tally.words > bounds.words)
    fault(
      `Ce chapitre est trop long : ${tally.words} mots, sur ${bounds.words} au plus, code non compris.`,
      `Retirez-en ${tally.words - bounds.words}.`,
    );
  if (/^16-0[1-8]$/.test(chapter.lesson))
    for (const [index, principle] of principles.entries())
      if (!tally.principles.has(index + 1))
        fault(
          `Le principe ${index + 1}, « ${principle} », n’est pas cité dans ce chapitre.`,
          `Écrivez <Principe n="${index + 1}" /> là où il s’applique : une étude de cas les cite tous les sept.`,
        );
  return faults;
}

/** Counts what a chapter's pages hold. */
export function tallyOf(chapter: Chapter): Tally {
  const nodes = chapter.pages.flatMap((page) => nodesOf(readFileSync(page.file, 'utf8')));
  const cells = [
    ...new Map(
      cellsOf(nodes)
        .toReversed()
        .map((cell) => [cell.id, cell]),
    ).values(),
  ].toReversed();
  return {
    cells,
    drawings: nodes.filter((node) => node.type === 'code' && node.lang === 'mermaid').length,
    plots: cells.filter((cell) => /\bdisplay\.(?:plot|histogram)\(/.test(cell.code)).length,
    words: nodes.reduce((sum, node) => sum + (node.type === 'text' ? wordsOf(node.value ?? '') : 0), 0),
    principles: new Set(nodes.flatMap((node) => (node.name === 'Principe' ? [principleOf(node)] : []))),
  };
}

const wordsOf = (text: string) => text.match(/[\p{L}\p{N}][\p{L}\p{N}’'.,-]*/gu)?.length ?? 0;

/** The number of a `<Principe n="4" />` or `<Principe n={4} />`. */
function principleOf(node: { attributes?: { name?: string; value?: unknown }[] }): number {
  const value = node.attributes?.find(({ name }) => name === 'n')?.value;
  return Number(value && typeof value === 'object' && 'value' in value ? value.value : value);
}

/** A table of figures that no command took, or that is no longer what the command wrote. */
function missingMeasures(
  chapter: Chapter,
  folder: string,
  fault: (fact: string, next: string, file?: string) => void,
): void {
  const again = `Lancez npm run bench -- ${chapter.lesson} : il récrit benchmarks/results.md et la page.`;
  const results = join(chapter.folder!, 'benchmarks/results.md');
  if (!existsSync(results) || !existsSync(join(chapter.folder!, 'benchmarks/bench.ts')))
    return fault(
      'Ce chapitre n’a pas de mesures : benchmarks/bench.ts ou benchmarks/results.md manque.',
      'Écrivez le banc d’essai, puis lancez-le : npm run bench.',
    );
  for (const page of chapter.pages) {
    const shown = measures.exec(readFileSync(page.file, 'utf8'))?.[1];
    if (shown === undefined) continue;
    if (!spaced(readFileSync(results, 'utf8')).includes(spaced(shown)))
      fault(
        'Ses mesures ne sont pas celles de benchmarks/results.md.',
        again,
        `${folder}/${basename(page.file)}`,
      );
    return;
  }
  fault(
    'Aucune page de ce chapitre ne montre ses mesures.',
    'Posez-y les marques {/* mesures : début */} et {/* mesures : fin */}, puis relancez le banc d’essai.',
  );
}

/** One kind of space: the page's are non-breaking where French wants them. */
const spaced = (text: string) => text.replaceAll(/[^\S\n]+/g, ' ');

/** Values of `shows` and of `<Principe>` that mean nothing. */
function unknownWords(path: string): ContentFault[] {
  const file = relative(root, path);
  let nodes: ReturnType<typeof nodesOf>;
  try {
    nodes = nodesOf(readFileSync(path, 'utf8'));
  } catch {
    return []; // A page that does not parse is told by the check of pages.
  }
  return [
    ...cellsOf(nodes)
      .filter((cell) => cell.shows !== undefined && cell.shows !== 'failure' && cell.shows !== 'alternative')
      .map(
        (cell) =>
          new ContentFault(
            file,
            cell.line,
            `La cellule « ${cell.id} » ne peut pas montrer « ${cell.shows} ».`,
            'Écrivez shows="failure" ou shows="alternative".',
          ),
      ),
    ...nodes
      .filter((node) => node.name === 'Principe' && principles[principleOf(node) - 1] === undefined)
      .map(
        (node) =>
          new ContentFault(
            file,
            lineOf(node),
            'Ce principe n’existe pas.',
            `Écrivez <Principe n="1" /> à <Principe n="${principles.length}" />.`,
          ),
      ),
  ];
}
