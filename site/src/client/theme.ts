/** The theme: the system's, light or dark, remembered. */
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';

const remembered = 'atelier:theme';
const order = ['auto', 'light', 'dark'] as const;
const icons = { auto: 'system', light: 'sun', dark: 'moon' } as const;

/** `<atelier-theme>`: one button that goes round the three. */
export class Theme extends HTMLElement {
  connectedCallback(): void {
    const button = h('button', { type: 'button', class: 'icon-button' });
    const draw = () => {
      const now = (document.documentElement.dataset.theme ?? 'auto') as (typeof order)[number];
      button.replaceChildren(icon(icons[now]));
      button.setAttribute('aria-label', fr.site.theme[now]);
      button.title = fr.site.theme[now];
    };
    button.onclick = () => {
      const now = (document.documentElement.dataset.theme ?? 'auto') as (typeof order)[number];
      const next = order[(order.indexOf(now) + 1) % order.length];
      if (next === 'auto') {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem(remembered);
      } else {
        document.documentElement.dataset.theme = next;
        localStorage.setItem(remembered, next);
      }
      draw();
      document.dispatchEvent(new CustomEvent('atelier:theme'));
    };
    draw();
    this.append(button);
  }
}
