/** The French sentences of a page, apart from its code and its markup. */
import { spaced } from '../src/content/typography.ts';
import { nodesOf } from '../src/content/cells.ts';

/** Running text, and the line of the file that each of its characters stands on. */
export interface Prose {
  text: string;
  lineAt: (offset: number) => number;
}

type Node = ReturnType<typeof nodesOf>[number];

/** What holds a text of its own, which no sentence leaves. */
const blocks = new Set(['paragraph', 'heading', 'tableCell']);

/** The prose of an .md or .mdx file. Code and principles within a sentence become the name X. */
export function proseOf(source: string): Prose {
  const pieces: { from: number; line: number }[] = [];
  let text = '';
  const say = (words: string, line: number) => {
    for (const part of words.split(/(?<=\n)/)) {
      pieces.push({ from: text.length, line });
      text += part;
      if (part.endsWith('\n')) line++;
    }
  };
  const inline = (node: Node) => {
    const line = node.position?.start.line ?? 1;
    if (node.type === 'text') say(spaced(node.value ?? ''), line);
    else if (node.type === 'inlineCode' || node.name === 'Principe') say('X', line);
    else if (node.type === 'break') say('\n', line);
    else node.children?.forEach(inline);
  };
  for (const node of nodesOf(source)) {
    if (!blocks.has(node.type)) continue;
    const from = text.length;
    inline(node);
    // The titles that a chapter refers to are in their own language.
    if (node.type === 'heading' && text.slice(from) === 'Références') break;
    if (/[\p{L}\d)»]$/u.test(text)) text += '.';
    text += '\n\n';
  }
  return { text, lineAt: (offset) => pieces.findLast(({ from }) => from <= offset)?.line ?? 1 };
}
