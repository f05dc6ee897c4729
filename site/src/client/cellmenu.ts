/** The cell's other actions, in a menu. */
import type { Cell } from './cell.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { icon, type icons } from './icons.ts';
import { cellsOfPage } from './lesson.ts';
import { runAll } from './runall.ts';

/** The one menu of the page. */
export const CellMenu = {
  /** Opens the menu under a cell's button, or closes it. */
  toggle(cell: Cell, button: HTMLButtonElement): void {
    const open = document.querySelector('.cell-menu');
    open?.remove();
    if (button.getAttribute('aria-expanded') === 'true') {
      button.setAttribute('aria-expanded', 'false');
      return;
    }
    for (const other of document.querySelectorAll('[data-do="more"]'))
      other.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-expanded', 'true');
    const actions: [keyof typeof icons, string, () => void][] = [
      ['above', fr.cell.above, () => runAll(cellsOfPage().slice(0, cellsOfPage().indexOf(cell) + 1))],
      ['copy', fr.cell.copy, () => void navigator.clipboard.writeText(cell.code)],
      ['reset', fr.cell.reset, () => cell.reset()],
      ['clear', fr.cell.clear, () => cell.clear()],
    ];
    const close = () => {
      menu.remove();
      button.setAttribute('aria-expanded', 'false');
    };
    const menu = h('div', { class: 'cell-menu', role: 'menu', 'aria-label': fr.cell.more });
    for (const [name, text, act] of actions) {
      const choose = () => {
        close();
        button.focus();
        act();
      };
      menu.append(
        h('button', { type: 'button', role: 'menuitem', tabindex: -1, onclick: choose }, icon(name), text),
      );
    }
    menu.addEventListener('keydown', (event) => {
      const items = [...menu.querySelectorAll<HTMLElement>('button')];
      const at = items.indexOf(document.activeElement as HTMLElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) items[(at + step + items.length) % items.length]?.focus();
      else if (event.key === 'Escape') {
        close();
        button.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    menu.addEventListener('focusout', (event) => {
      if (!menu.contains(event.relatedTarget as Node) && event.relatedTarget !== button) close();
    });
    button.after(menu);
    menu.querySelector('button')!.focus();
  },
};
