/** `<atelier-file>`: the shown parts of files, their tabs following the page's language. */
import { tabs } from './languages.ts';

export class FileCode extends HTMLElement {
  #leave: (() => void) | null = null;

  connectedCallback(): void {
    const panels = [...this.querySelectorAll<HTMLElement>('.file-code')];
    if (panels.length > 1) this.#leave = tabs(this, panels, () => {});
  }

  disconnectedCallback(): void {
    this.#leave?.();
  }
}
