/** The sheet of shortcuts. */
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';

let sheet: HTMLDialogElement | null = null;

/** Opens the sheet. */
export function openHelp(): void {
  if (!sheet) {
    const rows = (list: readonly (readonly [string, string])[]) =>
      h(
        'dl',
        {},
        ...list.map(([keys, text]) =>
          h(
            'div',
            {},
            h(
              'dt',
              {},
              ...keys
                .split(' ')
                .map((word) => (/^(?:\+|ou|,)$/.test(word) ? ` ${word} ` : h('kbd', {}, word))),
            ),
            h('dd', {}, text),
          ),
        ),
      );
    const close = h(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': fr.site.close },
      icon('close'),
    );
    const made = h(
      'dialog',
      { class: 'help', 'aria-label': fr.help.title },
      h('header', {}, h('h2', {}, fr.help.title), close),
      h('h3', {}, fr.help.inCell),
      rows(fr.help.rows),
      h('h3', {}, fr.help.everywhere),
      rows(fr.help.global),
    );
    close.onclick = () => made.close();
    made.addEventListener('click', (event) => {
      if (event.target === made) made.close();
    });
    document.body.append(made);
    sheet = made;
  }
  if (!sheet.open) sheet.showModal();
}
