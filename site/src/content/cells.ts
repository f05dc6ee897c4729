/** The runnable cells of a page, read from its source with the parser that also renders it. */
import { mdxToMdast } from 'satteri';
import type { TopologyKind } from '../../../runner/protocol.ts';
import { readFence, runnable } from './fence.ts';

/** One language of one cell. A cell offered in several languages gives one entry a language, with the same id. */
export interface CellSource {
  id: string;
  title: string;
  language: 'typescript' | 'python' | 'go';
  code: string;
  /** What running it on a fresh learner must give: `done` unless the fence says `expect="error"` or `"interrupted"`. */
  expect: 'done' | 'error' | 'interrupted';
  /** What the chapter says it is there for: `failure` provokes one, `alternative` measures what was not chosen. */
  shows?: string;
  /** The nodes it runs on, instead of the chapter's one Redis. */
  topology?: TopologyKind;
  /** First line of the fence in the page's file, 1-based. */
  line: number;
}

interface Node {
  type: string;
  lang?: string | null;
  meta?: string | null;
  value?: string;
  name?: string | null;
  url?: string;
  depth?: number;
  attributes?: { type: string; name?: string; value?: unknown }[];
  children?: Node[];
  position?: { start: { line: number } };
}

/** Every node of a page, in reading order. */
export function nodesOf(source: string): Node[] {
  const all: Node[] = [];
  const visit = (node: Node) => {
    all.push(node);
    node.children?.forEach(visit);
  };
  visit(mdxToMdast(source) as unknown as Node);
  return all;
}

/** The first line of a node, 1-based. */
export const lineOf = (node: Node) => node.position?.start.line ?? 1;

/** The cells of a page in order. A fence without an id gets an empty one, which the checks refuse. */
export function cellsOf(nodes: Node[]): CellSource[] {
  return nodes.flatMap((node) => {
    if (node.type !== 'code') return [];
    const fence = readFence(node.lang, node.meta);
    const language = runnable[fence.language];
    if (!language || !fence.words.has('run')) return [];
    const { id = '', title = '', expect, shows, topology } = fence.attributes;
    const cell = { id, title, language, code: node.value ?? '', expect: expectation(expect), shows };
    return [{ ...cell, ...(isTopology(topology) && { topology }), line: lineOf(node) }];
  });
}

/** Whether an author's word names nodes that a cell can run on. */
export function isTopology(word: string | undefined): word is TopologyKind {
  return word === 'replica' || word === 'sentinel' || word === 'cluster' || word === 'regions';
}

function expectation(word: string | undefined): CellSource['expect'] {
  return word === 'error' || word === 'interrupted' ? word : 'done';
}
