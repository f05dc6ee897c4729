/** The panel beside the text: the terminal or the keys, as wide as the learner likes. */
import { fr } from '../texts/fr.ts';
import { panelAsked, panelShown } from './bench.ts';
import { h, isWriting } from './dom.ts';
import { icon } from './icons.ts';

const width = 'atelier:dock-width';
const shown = 'atelier:dock-panel';
const narrowest = 300;

/** What a panel does when it is shown; loaded then. */
export interface Panel {
  element: HTMLElement;
  shown(): void;
  hidden(): void;
}

/** `<atelier-dock>`. */
export class Dock extends HTMLElement {
  #panels = new Map<string, Panel>();
  #current: string | null = null;
  #body = h('div', { class: 'dock-body' });
  #tabs = h('div', { class: 'dock-tabs', role: 'tablist' });

  connectedCallback(): void {
    const handle = h('div', {
      class: 'dock-handle',
      role: 'separator',
      tabindex: 0,
      'aria-orientation': 'vertical',
      'aria-label': fr.terminal.resize,
    });
    const close = h(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'aria-label': fr.terminal.close,
        onclick: () => void this.#show(null),
      },
      icon('close'),
    );
    this.append(handle, h('div', { class: 'dock-head' }, this.#tabs, close), this.#body);
    for (const [name, title] of [
      ['terminal', fr.terminal.title],
      ['keys', fr.keys.title],
    ] as const) {
      this.#tabs.append(
        h(
          'button',
          {
            type: 'button',
            role: 'tab',
            id: `dock-tab-${name}`,
            'data-name': name,
            'aria-controls': 'dock-panel',
            onclick: () => void this.#show(name),
          },
          title,
        ),
      );
    }
    this.#body.id = 'dock-panel';
    this.#body.setAttribute('role', 'tabpanel');
    this.#resizable(handle);
    document.addEventListener(panelAsked, (event) => {
      const { detail } = event as CustomEvent<string>;
      void this.#show(detail === this.#current ? null : detail, true);
    });
    document.addEventListener('keydown', (event) => {
      if (isWriting(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const name = { t: 'terminal', c: 'keys' }[event.key];
      if (!name) return;
      event.preventDefault();
      void this.#show(name === this.#current ? null : name, true);
    });
    const last = localStorage.getItem(shown);
    if (last && matchMedia('(min-width: 68rem)').matches) void this.#show(last);
  }

  async #show(name: string | null, focus = false): Promise<void> {
    if (this.#current) this.#panels.get(this.#current)?.hidden();
    this.#current = name;
    this.hidden = name === null;
    document.querySelector('.shell')?.classList.toggle('dock-open', name !== null);
    if (name === null) localStorage.removeItem(shown);
    else localStorage.setItem(shown, name);
    document.dispatchEvent(new CustomEvent(panelShown, { detail: name }));
    for (const tab of this.#tabs.children) {
      const current = tab.getAttribute('data-name') === name;
      tab.setAttribute('aria-selected', String(current));
      (tab as HTMLElement).tabIndex = current ? 0 : -1;
    }
    if (name === null) return;
    this.#body.setAttribute('aria-labelledby', `dock-tab-${name}`);
    const panel =
      this.#panels.get(name) ??
      (name === 'keys'
        ? (await import('./explorer.ts')).openExplorer()
        : await (await import('./terminal.ts')).openTerminal());
    this.#panels.set(name, panel);
    if (this.#current !== name) return;
    this.#body.replaceChildren(panel.element);
    panel.shown();
    if (focus)
      this.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus({ preventScroll: true });
  }

  #resizable(handle: HTMLElement): void {
    const set = (value: number) => {
      const fitting = Math.round(Math.max(narrowest, Math.min(value, innerWidth * 0.6)));
      document.documentElement.style.setProperty('--dock-width', `${fitting}px`);
      handle.setAttribute('aria-valuenow', String(fitting));
      localStorage.setItem(width, String(fitting));
    };
    handle.setAttribute('aria-valuemin', String(narrowest));
    handle.setAttribute('aria-valuemax', '1200');
    set(Number(localStorage.getItem(width) ?? 448));
    const now = () => Number(localStorage.getItem(width));
    handle.onkeydown = (event) => {
      const step = { ArrowLeft: 32, ArrowRight: -32 }[event.key];
      if (!step) return;
      set(now() + step);
      event.preventDefault();
    };
    handle.onpointerdown = (event) => {
      handle.setPointerCapture(event.pointerId);
      document.body.classList.add('is-resizing');
      handle.onpointermove = (move) => set(innerWidth - move.clientX);
      handle.onpointerup = () => {
        handle.onpointermove = null;
        document.body.classList.remove('is-resizing');
      };
    };
  }
}
