/** Code coloured at build time, with the themes that the editor uses. */
import { createHighlighter, type Highlighter } from 'shiki';
import { themes } from './themes.ts';

let highlighter: Promise<Highlighter> | undefined;

/** A `<pre>` of coloured code: every colour is a `light-dark()` pair. */
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
  });
}
