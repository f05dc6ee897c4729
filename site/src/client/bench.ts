/** The bar above a lesson. */
import type { Fault, InstanceState, Message } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { cellsOfPage, draftsJoined, lessonId, settings } from './lesson.ts';
import { isRunningAll, runAll, stopAll } from './runall.ts';
import { link, type LinkState } from './socket.ts';

/** A panel was asked for; `detail` names it. */
export const panelAsked = 'atelier:panel-asked';
/** A panel was shown or hidden; `detail` names the one shown, or is null. */
export const panelShown = 'atelier:panel-shown';

const asked = new Set(['kernel-restarted', 'instance-reset']);

/** `<atelier-bench>`. */
export class Bench extends HTMLElement {
  #ticking: ReturnType<typeof setInterval> | undefined;

  connectedCallback(): void {
    this.addEventListener('click', (event) => {
      const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button');
      if (button?.dataset.do) this.#do(button.dataset.do);
      if (button?.dataset.panel)
        document.dispatchEvent(new CustomEvent(panelAsked, { detail: button.dataset.panel }));
    });
    this.#conditions();
    document.addEventListener(panelShown, (event) => {
      for (const button of this.querySelectorAll<HTMLElement>('[data-panel]'))
        button.setAttribute('aria-pressed', String(button.dataset.panel === (event as CustomEvent).detail));
    });
    document.addEventListener('atelier:run-all', () => this.#drawRunAll());
    document.addEventListener(draftsJoined, () => this.#notice(fr.lesson.link.back, 4000));
    link.watch((state) => this.#link(state));
    link.on('instance', ({ lesson, topology, state, message }) => {
      if (lesson !== lessonId) return;
      if (topology === undefined) this.#instance(state, message);
      else if (message) this.#say(message);
    });
    link.on('kernel', ({ lesson, message }) => {
      if (lesson !== lessonId) return;
      if (message) this.#say(message);
    });
    link.on('refused', ({ lesson, cell, request, message, code }) => {
      if (lesson !== lessonId || cell || request || code === 'not-started') return;
      this.#say(message);
    });
    link.on('welcome', ({ sandbox }) => {
      if (sandbox.missing.length > 0) this.dataset.walls = fr.lesson.walls(sandbox.missing.join(', '));
    });
  }

  /** The round trip and the fault that runs get; a lab's page has neither. */
  #conditions(): void {
    const slider = this.querySelector<HTMLInputElement>('[data-role="round-trip"]');
    const fault = this.querySelector<HTMLSelectElement>('[data-role="fault"]');
    if (!slider || !fault) return;
    const take = () => {
      settings.roundTripMs = Number(slider.dataset.values!.split(' ')[Number(slider.value)]);
      settings.fault = fault.value as Fault;
      const text = `${settings.roundTripMs}\u00a0ms`;
      slider.setAttribute('aria-valuetext', text);
      this.querySelector('output')!.textContent = text;
      this.toggleAttribute('data-slowed', settings.roundTripMs > 0);
      this.toggleAttribute('data-faulty', settings.fault !== 'none');
    };
    slider.addEventListener('input', take);
    fault.addEventListener('change', take);
    // A browser may restore a form; what it shows is what runs get.
    take();
  }

  #do(what: string): void {
    if (what === 'run-all') {
      if (isRunningAll()) stopAll(cellsOfPage());
      else {
        this.#restart();
        void runAll(cellsOfPage());
      }
    } else if (what === 'restart') {
      this.#restart();
    } else if (what === 'reset') {
      link.send({ type: 'reset', lesson: lessonId });
    }
  }

  /** Every kernel that the cells of the page run in. */
  #restart(): void {
    const kernels = cellsOfPage().map(({ language, topology }) => ({ language, topology }));
    const each = new Map(kernels.map((kernel) => [`${kernel.language} ${kernel.topology ?? ''}`, kernel]));
    for (const kernel of each.values()) link.send({ type: 'restart', lesson: lessonId, ...kernel });
  }

  #instance(state: InstanceState, message: Message | null): void {
    this.querySelector<HTMLElement>('.bench-dot')!.dataset.state = state;
    const words = this.querySelector<HTMLElement>('[data-role="instance"]')!;
    words.textContent = fr.lesson.instance[state] ?? state;
    words.parentElement!.title = fr.lesson.instanceWhy[state] ?? '';
    if (message) this.#say(message);
  }

  #link(state: LinkState): void {
    clearInterval(this.#ticking);
    this.toggleAttribute('data-offline', state.at === 'waiting');
    this.toggleAttribute('data-linked', state.at === 'open');
    if (state.at !== 'waiting') {
      if (this.querySelector('.bench-notice [data-link]')) this.#notice(null);
      return;
    }
    const retry = h(
      'button',
      { type: 'button', class: 'fold', onclick: () => link.retry() },
      fr.lesson.link.retry,
    );
    const text = h('span', { 'data-link': true });
    const tick = () =>
      (text.textContent = fr.lesson.link.waiting(Math.max(1, Math.ceil((state.until - Date.now()) / 1000))));
    tick();
    this.#ticking = setInterval(tick, 1000);
    this.#notice([text, retry]);
  }

  #say({ code, fact, next }: Message): void {
    const close = h(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'aria-label': fr.site.close,
        onclick: () => this.#notice(null),
      },
      icon('close'),
    );
    // What the learner asked for need not be put away by hand.
    this.#notice([h('span', {}, fact, ' ', next), close], asked.has(code) ? 6000 : undefined);
  }

  #notice(content: string | Node[] | null, forMs?: number): void {
    const notice = this.querySelector<HTMLElement>('.bench-notice')!;
    notice.hidden = content === null;
    if (content === null) return notice.replaceChildren();
    notice.replaceChildren(...(typeof content === 'string' ? [content] : content));
    const shown = notice.firstChild;
    if (forMs) setTimeout(() => notice.firstChild === shown && this.#notice(null), forMs);
  }

  #drawRunAll(): void {
    const button = this.querySelector<HTMLButtonElement>('[data-do="run-all"]')!;
    const running = isRunningAll();
    button.replaceChildren(
      icon(running ? 'stop' : 'all'),
      h('span', {}, running ? fr.lesson.stopAll : fr.lesson.runAll),
    );
  }
}
