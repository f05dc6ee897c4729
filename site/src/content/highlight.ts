/** Code coloured at build time, with the themes that the editor uses. */
import { createHighlighter, type Highlighter, type ShikiTransformer } from 'shiki';
import { classOf, themes } from './themes.ts';

let highlighter: Promise<Highlighter> | undefined;

/** Colours as classes: a word in ink has no element of its own, neighbours of one colour share one. */
export const classes: ShikiTransformer = {
  name: 'atelier-classes',
  pre(node) {
    delete node.properties['style'];
    node.properties['class'] = 'code';
  },
  span(node) {
    const style = node.properties['style'] ?? '';
    node.properties = { class: classOf(/light-dark\((#\w+)/.exec(style)?.[1]) };
  },
  line(line) {
    const children: typeof line.children = [];
    for (const child of line.children) {
      const last = children.at(-1);
      const bare = child.type === 'element' && child.properties['class'] === undefined;
      const next = bare ? child.children : [child];
      const [word] = next;
      if (last?.type === 'text' && word?.type === 'text') last.value += word.value;
      else if (
        last?.type === 'element' &&
        word?.type === 'element' &&
        last.properties['class'] === word.properties['class']
      )
        last.children.push(...word.children);
      else children.push(...next);
    }
    line.children = children;
  },
};

/** A `<pre>` of coloured code. */
export async function highlight(code: string, language: string): Promise<string> {
  highlighter ??= createHighlighter({
    themes: [themes.light, themes.dark],
    langs: [
      'ts',
      'js',
      'python',
      'go',
      'lua',
      'json',
      'yaml',
      'sql',
      'bash',
      'md',
      'ini',
      'java',
      'php',
      'csharp',
    ],
  });
  const shiki = await highlighter;
  const known = shiki.getLoadedLanguages().includes(language) ? language : 'text';
  return shiki.codeToHtml(code, {
    lang: known,
    themes: { light: themes.light.name, dark: themes.dark.name },
    defaultColor: 'light-dark()',
    transformers: [classes],
  });
}
