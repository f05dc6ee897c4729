/**
 * The Markdown plugin of the course: runnable fences become cells, ```file fences show parts of real
 * files, ```mermaid fences become drawings, and French punctuation gets its non-breaking spaces.
 * Components are named, never imported: the page that renders the Markdown gives them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join, relative } from 'node:path';
import { defineMdastPlugin, type MdastNode } from 'satteri';
import { drawDiagram } from './diagram.ts';
import { ContentFault } from './fault.ts';
import { languageOfFile, readFence, runnable, type Fence } from './fence.ts';
import { shownIn } from './outputs.ts';
import { root } from './rooms.ts';
import { takeRegion } from './region.ts';
import { spaced } from './typography.ts';

interface Code {
  type: string;
  lang?: string | null;
  meta?: string | null;
  value: string;
}

/** One tab of a block of code: what it shows and where it comes from. */
export interface Variant {
  language: string;
  code: string;
  title?: string;
  path?: string;
}

/** A new plugin; one serves every page. */
export function fences() {
  return defineMdastPlugin({
    name: 'atelier-fences',
    code(node, context) {
      const fence = readFence(node.lang, node.meta);
      const file = context.fileURL ? fileURLToPath(context.fileURL) : root;
      if (fence.language === 'mermaid') return diagram(node, fence, file, context.sourceFormat === 'mdx');
      const key = groupKey(fence);
      if (key === null) return;
      const siblings = (context.parent(node)?.children ?? []) as unknown as Code[];
      const index = context.indexOf(node) ?? 0;
      const belongs = (code: Code | undefined) =>
        code?.type === 'code' && groupKey(readFence(code.lang, code.meta)) === key;
      if (belongs(siblings[index - 1])) {
        context.removeNode(node);
        return;
      }
      const group: Code[] = [node];
      while (belongs(siblings[index + group.length])) group.push(siblings[index + group.length]);
      const variants = group.map((code) => variant(code, file));
      const name = fence.language === 'file' ? 'FileCode' : 'Cell';
      return element(name, {
        id: fence.attributes.id ?? '',
        title: fence.attributes.title ?? '',
        expect: fence.attributes.expect ?? '',
        topology: fence.attributes.topology ?? '',
        shows: fence.attributes.shows ?? '',
        shown: (name === 'Cell' && shownIn(file, fence.attributes.id ?? '')) || '',
        variants: JSON.stringify(variants),
      });
    },
    text(node) {
      const value = spaced(node.value);
      return value === node.value ? undefined : { type: 'text', value };
    },
  });
}

/** Consecutive fences with the same key are tabs of one block; null for an ordinary fence. */
function groupKey(fence: Fence): string | null {
  if (fence.language === 'file') return `file:${fence.attributes.part ?? fence.attributes.path}`;
  return runnable[fence.language] && fence.words.has('run') ? `run:${fence.attributes.id}` : null;
}

function variant(code: Code, page: string): Variant {
  const { language, attributes } = readFence(code.lang, code.meta);
  if (language !== 'file') return { language: runnable[language], code: code.value, title: attributes.title };
  const shown = relative(root, page);
  if (!attributes.path) {
    throw new ContentFault(
      shown,
      null,
      'Un bloc « file » n’a pas d’attribut path.',
      'Écrivez par exemple ```file path="implementation/nodejs/basic.ts" part="connexion"```.',
    );
  }
  const path = join(dirname(page), attributes.path);
  if (!existsSync(path)) {
    throw new ContentFault(
      shown,
      null,
      `Le fichier montré « ${attributes.path} » n’existe pas.`,
      'Corrigez l’attribut path : il se lit depuis le dossier de la page.',
    );
  }
  const region = takeRegion(readFileSync(path, 'utf8'), attributes.part, relative(root, path));
  return {
    language: languageOfFile(path),
    code: region.text,
    title: attributes.title,
    path: attributes.path,
  };
}

function diagram(
  node: Code,
  fence: Fence,
  file: string,
  mdx: boolean,
): MdastNode | { raw: string; mdxExpressions: false } {
  const { alt, title } = fence.attributes;
  if (!alt) {
    throw new ContentFault(
      relative(root, file),
      null,
      'Un diagramme n’a pas de texte de remplacement.',
      'Ajoutez alt="ce que le dessin montre" après ```mermaid.',
    );
  }
  const name = `d${hash(node.value)}`;
  const svg = drawDiagram(node.value, name, alt);
  if (mdx) return element('Diagram', { svg, alternative: alt, caption: title ?? '' });
  return {
    raw: `<figure class="diagram">${svg}<figcaption>${title ?? alt}</figcaption></figure>`,
    mdxExpressions: false,
  };
}

function element(name: string, attributes: Record<string, string>): MdastNode {
  return {
    type: 'mdxJsxFlowElement',
    name,
    attributes: Object.entries(attributes).map(([key, value]) => ({
      type: 'mdxJsxAttribute',
      name: key,
      value,
    })),
    children: [],
  } as unknown as MdastNode;
}

function hash(text: string): string {
  let value = 5381;
  for (let index = 0; index < text.length; index++) value = ((value * 33) ^ text.charCodeAt(index)) >>> 0;
  return value.toString(36);
}
