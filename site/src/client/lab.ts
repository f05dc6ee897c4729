/** A lab's page: « Vérifier », the checks as they come, the verdict, hints, attempts, the solution. */
import type { Attempt, LabState, Message } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import type { Cell, RunEnd } from './cell.ts';
import { difference } from './difference.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { chooseLanguage } from './languages.ts';
import { lessonLoaded } from './lesson.ts';
import { markdown } from './markdown.ts';
import { problem } from './message.ts';
import { link } from './socket.ts';
import { checkItem, verdictBox } from './verdict.ts';

/** `<atelier-lab>`. */
export class Lab extends HTMLElement {
  #cell!: Cell;
  #attempt: string | null = null;
  /** Its place in the queue for the measure of latency; 0 when the measure is under way. */
  #timing = 0;
  #waiting: ((end: RunEnd) => void) | null = null;
  #checks = h('ol', { class: 'checks', 'aria-label': fr.lab.checks });
  #verdict = h('div');
  #hints = h('div', { class: 'hints' });
  #solution = h('div', { class: 'solution' });
  #attempts = h('div', { class: 'attempts' });

  get #lab(): string {
    return this.dataset.lab!;
  }

  connectedCallback(): void {
    this.#cell = this.querySelector<Cell>('atelier-cell')!;
    this.#cell.verifies = () => this.#verify();
    this.querySelector('.lab-verdict')!.append(this.#verdict, this.#checks);
    this.querySelector('.lab-help')!.append(this.#hints, this.#solution, this.#attempts);
    this.querySelector('[data-do="verify"]')!.addEventListener('click', () => void this.#verify());
    link.on(
      'attempt',
      (message) => message.lab === this.#lab && this.#queued(message.attempt, message.place),
    );
    link.on('check', (message) => {
      if (message.lab !== this.#lab || message.attempt !== this.#attempt) return;
      this.#checks.querySelector(`[data-check="${CSS.escape(message.check.id)}"]`)?.remove();
      this.#checks.append(checkItem(message.check));
    });
    link.on('verdict', (message) => {
      if (message.lab !== this.#lab || (this.#attempt !== null && message.attempt !== this.#attempt)) return;
      // Another answer may be handed in as soon as this one has its first verdict; latency follows.
      this.#done(message.verdict.class === 'passed' ? 'done' : 'code-error');
      this.#show(message.verdict, message.final);
      if (message.final) this.#reload();
    });
    link.on(
      'timing',
      (message) =>
        message.lab === this.#lab && message.attempt === this.#attempt && this.#timed(message.place),
    );
    link.on('hint', (message) => message.lab === this.#lab && this.#hint(message.level, message.markdown));
    link.on('solution', (message) => message.lab === this.#lab && this.#showSolution(message.code));
    link.on('refused', (message) => message.lab === this.#lab && this.#refused(message.message));
    document.addEventListener(lessonLoaded, (event) => this.#loaded((event as CustomEvent<LabState>).detail));
    this.#drawHints(0);
  }

  #verify(): Promise<RunEnd> {
    if (this.#waiting) return Promise.resolve('refused');
    const sent = link.send({
      type: 'verify',
      lab: this.#lab,
      language: this.#cell.language,
      code: this.#cell.code,
    });
    if (!sent) {
      this.#verdict.replaceChildren(problem(fr.lab.offline));
      return Promise.resolve('offline');
    }
    this.#attempt = null;
    this.#timing = 0;
    this.#checks.replaceChildren();
    this.#verdict.replaceChildren();
    this.#status(fr.lab.verifying, true);
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  #queued(attempt: string, place: number): void {
    if (this.#attempt !== attempt) this.#checks.replaceChildren();
    this.#attempt = attempt;
    this.#timing = 0;
    this.#status(place > 0 ? fr.lab.queued(place) : fr.lab.verifying, true);
  }

  #show(verdict: NonNullable<Attempt['verdict']>, final: boolean): void {
    const wait = final ? null : this.#wait();
    this.#verdict.replaceChildren(verdictBox(verdict, wait));
    this.#checks.replaceChildren(...verdict.checks.map(checkItem));
    this.#status(wait ?? '', false);
    const { error } = verdict;
    if (verdict.class === 'code-error' && error) this.#cell.showError(error);
  }

  /** What is still to come of a verdict whose latency is not known. */
  #wait(): string {
    return this.#timing > 0 ? fr.lab.latencyPlace(this.#timing) : fr.lab.latencyTurn;
  }

  #timed(place: number): void {
    this.#timing = place;
    // Before the first verdict there is nothing yet that it completes.
    const shown = this.#verdict.querySelector('.verdict-wait');
    if (shown === null) return;
    shown.textContent = this.#wait();
    this.#status(this.#wait(), false);
  }

  #done(end: RunEnd): void {
    this.#waiting?.(end);
    this.#waiting = null;
    this.#status('', false);
  }

  #refused(message: Message): void {
    this.#verdict.replaceChildren(problem(message));
    this.#done('refused');
  }

  #status(text: string, busy: boolean): void {
    this.querySelector('.lab-status')!.textContent = text;
    this.toggleAttribute('data-busy', busy);
    const button = this.querySelector<HTMLButtonElement>('[data-do="verify"]')!;
    button.setAttribute('aria-disabled', String(busy));
  }

  #loaded(state: LabState): void {
    this.#drawHints(state.hints, state.hintCost);
    this.#drawAttempts(state.attempts);
    if (state.solutionShown) this.#solved();
    const last = state.attempts.toSorted((a, b) => b.at - a.at)[0];
    if (last?.verdict && this.#attempt === null && !this.#waiting) {
      this.#attempt = last.attempt;
      this.#show(last.verdict, true);
    }
  }

  #reload(): void {
    void fetch(`/api/labs/${this.#lab}`)
      .then((response) => response.json() as Promise<LabState>)
      .then((state) => {
        this.#drawAttempts(state.attempts);
        // It opens with the final verdict (latency may still send the answer back), or after the due date.
        if (state.solutionShown) this.#solved();
      });
  }

  #drawHints(opened: number, cost = 0): void {
    const levels = Number(this.dataset.hints ?? 0);
    if (levels === 0) return;
    this.#hints.replaceChildren(h('h3', {}, fr.lab.hints));
    for (let level = 1; level <= levels; level++) {
      const details = h(
        'details',
        { class: 'details', 'data-level': level },
        h('summary', {}, fr.lab.hint(level, cost)),
      );
      if (level > opened + 1) details.setAttribute('data-locked', '');
      details.addEventListener('toggle', () => {
        if (details.open && details.childElementCount === 1)
          link.send({ type: 'hint', lab: this.#lab, level });
      });
      details.querySelector('summary')!.addEventListener('click', (event) => {
        if (details.hasAttribute('data-locked')) event.preventDefault();
      });
      this.#hints.append(details);
    }
  }

  #hint(level: number, text: string): void {
    const details = this.#hints.querySelector(`[data-level="${level}"]`);
    if (details?.childElementCount === 1) details.append(markdown(text));
    this.#hints.querySelector(`[data-level="${level + 1}"]`)?.removeAttribute('data-locked');
  }

  #solved(): void {
    if (this.#solution.childElementCount > 0) return;
    const button = h('button', { type: 'button', class: 'button button-quiet' }, fr.lab.solution);
    button.onclick = () => link.send({ type: 'solution', lab: this.#lab, language: this.#cell.language });
    this.#solution.append(button);
  }

  #showSolution(code: string): void {
    const mine = this.#cell.code;
    const lines = difference(mine.trimEnd(), code.trimEnd());
    this.#solution.replaceChildren(
      h('h3', {}, fr.lab.solutionTitle),
      h('pre', { class: 'solution-code', tabindex: 0 }, h('code', {}, code)),
      h('h3', {}, fr.lab.difference),
      h(
        'pre',
        { class: 'difference', tabindex: 0 },
        ...lines.map(({ kind, text }) =>
          h(
            kind === 'same' ? 'span' : kind === 'in' ? 'ins' : 'del',
            { class: 'difference-line' },
            `${{ same: ' ', in: '+', out: '−' }[kind]} ${text}\n`,
          ),
        ),
      ),
    );
  }

  #drawAttempts(attempts: Attempt[]): void {
    this.#attempts.replaceChildren(h('h3', {}, fr.lab.attempts));
    if (attempts.length === 0) this.#attempts.append(h('p', {}, fr.lab.noAttempt));
    const list = h('ol', { class: 'attempts-list' });
    for (const attempt of attempts.toSorted((a, b) => b.at - a.at)) {
      const verdict = attempt.verdict;
      const open = h('button', { type: 'button', class: 'fold' }, fr.lab.reopen);
      open.onclick = () => {
        chooseLanguage(attempt.language);
        this.#cell.replace(attempt.code);
        this.#attempt = attempt.attempt;
        if (verdict) this.#show(verdict, true);
        this.#cell.scrollIntoView({ block: 'start' });
      };
      list.append(
        h(
          'li',
          { 'data-class': verdict?.class ?? 'none' },
          h(
            'span',
            { class: 'attempt-verdict' },
            verdict ? icon(verdict.class === 'passed' ? 'check' : 'cross') : icon('dash'),
            verdict ? (fr.lab.verdict[verdict.class] ?? '') : fr.lab.verifying,
          ),
          h('span', {}, verdict ? fr.lab.points(verdict.points, verdict.outOf) : ''),
          h('time', { datetime: new Date(attempt.at).toISOString() }, fr.lab.attemptAt(attempt.at)),
          open,
        ),
      );
    }
    this.#attempts.append(list);
  }
}

customElements.define('atelier-lab', Lab);
