/** The language a learner reads and runs in: one choice for the whole course, remembered. */
import type { Language } from '../../../runner/protocol.ts';
import { link } from './socket.ts';

const remembered = 'atelier:language';

/** Tells every block of tabs that another language was chosen. */
export const languageChosen = 'atelier:language-chosen';

/** The remembered choice. */
export function chosenLanguage(): string {
  return localStorage.getItem(remembered) ?? 'typescript';
}

/** Chooses a language for the page and for later. */
export function chooseLanguage(language: string): void {
  localStorage.setItem(remembered, language);
  document.dispatchEvent(new CustomEvent(languageChosen));
}

/** Whether this server can run a language; until it says so, we suppose it can. */
export function canRun(language: Language): boolean {
  return link.welcome === null || link.welcome.languages.includes(language);
}

/**
 * Makes tabs of an element's `[role=tab]` buttons over its `[data-language]` panels. What the page
 * shows follows the common choice when this block offers it.
 */
export function tabs(
  element: HTMLElement,
  panels: HTMLElement[],
  shown: (language: string) => void,
): () => void {
  const buttons = [...element.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const show = () => {
    const offered = panels.map((panel) => panel.dataset.language!);
    const language = offered.includes(chosenLanguage()) ? chosenLanguage() : offered[0];
    for (const [index, panel] of panels.entries()) {
      const current = panel.dataset.language === language;
      if (current) panel.removeAttribute('hidden');
      else panel.setAttribute('hidden', 'until-found');
      buttons[index]?.setAttribute('aria-selected', String(current));
      if (buttons[index]) buttons[index].tabIndex = current ? 0 : -1;
    }
    shown(language);
  };
  for (const [index, button] of buttons.entries()) {
    const panel = panels[index];
    panel.id ||= `${element.id || crypto.randomUUID()}-${panel.dataset.language}`;
    button.setAttribute('aria-controls', panel.id);
    button.onclick = () => keepInPlace(button, () => chooseLanguage(button.dataset.language!));
    button.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = buttons[(index + step + buttons.length) % buttons.length];
      next.focus();
      next.click();
      event.preventDefault();
    };
    // The browser's own search opens the panel where it found the words.
    panel.addEventListener('beforematch', () => chooseLanguage(panel.dataset.language!));
  }
  document.addEventListener(languageChosen, show);
  show();
  return () => document.removeEventListener(languageChosen, show);
}

/** Blocks above change height with the language: what the learner clicked must not move. */
function keepInPlace(element: HTMLElement, change: () => void): void {
  const before = element.getBoundingClientRect().top;
  change();
  scrollBy({ top: element.getBoundingClientRect().top - before, behavior: 'instant' });
}
