/** A page of the course as what a notebook is made of: Markdown and cells, in reading order. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mdxToMdast } from 'satteri';
import { cellsOf, type CellSource } from './cells.ts';
import { languageOfFile, readFence, runnable } from './fence.ts';
import { principles } from './principles.ts';
import { takeRegion } from './region.ts';

/** One piece of a page. A cell comes once, with each of its languages. */
export type Block = { kind: 'text'; markdown: string } | { kind: 'cell'; variants: CellSource[] };

interface Node {
  type: string;
  lang?: string | null;
  meta?: string | null;
  value?: string;
  name?: string | null;
  attributes?: { type: string; name?: string; value?: unknown }[];
  children?: Node[];
  position: { start: { offset: number; line: number }; end: { offset: number } };
}

/** What stands before the text of a component, by its name. */
const openings: Record<string, string> = {
  Note: 'À noter',
  Attention: 'Attention',
  Erreur: 'Erreur fréquente',
  Objectif: 'Objectif',
  Decision: 'Décision',
  Details: 'En détail',
};

/** Reads a page; `address` is where the course is served, for what stays there. */
export function blocksOf(file: string, address: string): Block[] {
  const source = readFileSync(file, 'utf8');
  const blocks: Block[] = [];
  const say = (markdown: string) => {
    const last = blocks.at(-1);
    if (markdown.trim() === '') return;
    if (last?.kind === 'text') last.markdown += `\n\n${markdown.trim()}`;
    else blocks.push({ kind: 'text', markdown: markdown.trim() });
  };
  const raw = ({ position: { start, end } }: Node) => inline(source.slice(start.offset, end.offset), address);

  const visit = (node: Node): void => {
    if (node.type === 'yaml' || node.type === 'mdxjsEsm' || node.type === 'mdxFlowExpression') return;
    if (node.type === 'code') return code(node);
    if (node.type !== 'mdxJsxFlowElement') return say(raw(node));
    const attribute = (name: string) => {
      const value = node.attributes?.find((one) => one.name === name)?.value;
      return typeof value === 'string' ? value : '';
    };
    if (node.name === 'Lab') return say(`→ Lab : <${address}/labs/${attribute('id')}/>`);
    const opening = node.name ? openings[node.name] : undefined;
    if (opening) say(`> **${attribute('titre') || opening}**`);
    if (node.name === 'Principe') return say(raw(node));
    for (const child of node.children ?? []) visit(child);
  };
  const code = (node: Node): void => {
    const fence = readFence(node.lang, node.meta);
    const language = runnable[fence.language];
    if (fence.language === 'file') {
      const { path = '', part } = fence.attributes;
      const { text } = takeRegion(readFileSync(join(dirname(file), path), 'utf8'), part, path);
      say(`*${path}*\n\n\`\`\`${languageOfFile(path)}\n${text}\n\`\`\``);
    } else if (language && fence.words.has('run')) {
      const [cell] = cellsOf([node]);
      const last = blocks.at(-1);
      if (last?.kind === 'cell' && last.variants[0]?.id === cell?.id) last.variants.push(cell);
      else blocks.push({ kind: 'cell', variants: [cell] });
    } else {
      say(`\`\`\`${fence.language}\n${node.value ?? ''}\n\`\`\``);
    }
  };
  const { children } = mdxToMdast(source) as unknown as Node;
  children?.forEach(visit);
  return blocks;
}

/** Markdown without the course's own components, its links leading to where the course is. */
function inline(text: string, address: string): string {
  return text
    .replaceAll(
      /<Principe\s+n=["{]+(\d)["}]+\s*\/>/g,
      (_, n: string) => `**Principe ${n} : ${principles[Number(n) - 1]}.**`,
    )
    .replaceAll(
      /<Terme\s+id="([\w-]+)">([\s\S]*?)<\/Terme>/g,
      (_, id: string, words: string) => `[${words}](${address}/glossaire/#${id})`,
    )
    .replaceAll(/<\/?[A-Z]\w*(?:\s[^<>]*)?\/?>/g, '')
    .replaceAll(/\]\(\/(?!\/)/g, `](${address}/`);
}
