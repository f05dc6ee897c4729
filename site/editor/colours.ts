/** The course's two themes in Monaco, by the grammars that colour the pages. */
import { createHighlighterCore } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import typescript from 'shiki/langs/typescript.mjs';
import python from 'shiki/langs/python.mjs';
import go from 'shiki/langs/go.mjs';
import { shikiToMonaco } from '@shikijs/monaco';
import type * as Monaco from 'monaco-editor/editor.js';
import { classOf, themes } from '../src/content/themes.ts';

/** Follows the page's theme, and colours text outside the editor. */
export interface Colours {
  follow(): void;
  paint(element: HTMLElement, language: string): void;
}

/** Gives Monaco the themes and grammars. */
export async function colours(monaco: typeof Monaco): Promise<Colours> {
  const highlighter = await createHighlighterCore({
    themes: [themes.light, themes.dark],
    langs: [typescript, python, go],
    engine: createJavaScriptRegexEngine(),
  });
  // A busy machine takes its time over a first line; half a second would leave it without colours.
  shikiToMonaco(highlighter, monaco, { tokenizeTimeLimit: 5000 });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const current = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === 'dark' || (chosen !== 'light' && dark.matches) ? themes.dark.name : themes.light.name;
  };
  const follow = () => monaco.editor.setTheme(current());
  follow();
  dark.addEventListener('change', follow);
  document.addEventListener('atelier:theme', follow);
  return {
    follow,
    paint(element, language) {
      const lines = highlighter.codeToTokensWithThemes(element.textContent ?? '', {
        lang: language,
        themes: { light: themes.light.name, dark: themes.dark.name },
      });
      element.replaceChildren();
      for (const [index, tokens] of lines.entries()) {
        const line = document.createElement('span');
        line.className = 'line';
        for (const token of tokens) {
          const span = document.createElement('span');
          span.textContent = token.content;
          span.className = classOf(token.variants['light']?.color) ?? '';
          line.append(span);
        }
        element.append(...(index > 0 ? ['\n'] : []), line);
      }
      // The highlighter remembers the last theme it used, and Monaco would show it.
      follow();
    },
  };
}
