/** A cell: code that is read, edited, run; its output, and what Redis saw of it. */
import type { Language, Message, RunReport, ServerMessage, TopologyKind } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { onCellKey } from './cellkeys.ts';
import type { RunEnded } from './cellview.ts';
import { h } from './dom.ts';
import { edit } from './editor.ts';
import type { Places } from './failure.ts';
import { icon } from './icons.ts';
import { canRun, tabs } from './languages.ts';
import { cellsOfPage, keptOutput, lessonId, lessonLoaded, nextExecution, settings } from './lesson.ts';
import type { Output } from './output.ts';
import { link } from './socket.ts';
import { Variant } from './variant.ts';

/** How a run ended, for whoever waits for it. */
export type RunEnd = RunReport['outcome']['class'] | 'refused' | 'offline';

/** What a cell shows has changed: places that draw its plots look again. */
export const cellShown = 'atelier:cell-shown';

/** How long the server may take, after the link came back, to say that a run still goes on. */
const patienceMs = 6000;

/** `<atelier-cell>`. */
export class Cell extends HTMLElement {
  /** In a lab, running means verifying. */
  verifies: (() => Promise<RunEnd>) | null = null;
  #variants: Variant[] = [];
  #variant!: Variant;
  #run: { id: string | null; variant: Variant; ended: (end: RunEnd) => void; since: number } | null = null;
  readonly #leaving: (() => void)[] = [];

  get cellId(): string {
    return this.dataset.cell!;
  }
  get heading(): string {
    return this.dataset.title ?? '';
  }
  get output(): Output {
    return this.#variant.view.output;
  }
  get language(): Language {
    return this.#variant.language;
  }
  /** The nodes it runs on; undefined for the lesson's one Redis. */
  get topology(): TopologyKind | undefined {
    return this.dataset.topology as TopologyKind | undefined;
  }
  /** The code in the language shown, as the learner left it. */
  get code(): string {
    return this.#variant.code;
  }
  /** The number of the last run in the present kernel; 0 when there is none. */
  get execution(): number {
    return this.#variant.ran?.execution ?? 0;
  }

  connectedCallback(): void {
    if (this.#variants.length > 0) return;
    const panels = [...this.querySelectorAll<HTMLElement>('.cell-code')];
    this.#variants = panels.map((panel) => new Variant(panel, this));
    this.#variant = this.#variants[0]!;
    for (const variant of this.#variants) variant.restore();
    this.#listen();
    this.#leaving.push(tabs(this, panels, (language) => this.#show(language)));
    this.addEventListener('click', this.#click);
    this.addEventListener('keydown', (event) => onCellKey(this, event));
    this.changed();
  }

  disconnectedCallback(): void {
    document.removeEventListener(lessonLoaded, this.#loaded);
    for (const leave of this.#leaving.splice(0)) leave();
  }

  /** Runs the cell in the language shown; resolves when the run is over, however it ends. */
  run(): Promise<RunEnd> {
    if (this.verifies) return this.verifies();
    if (this.#run) return Promise.resolve('refused');
    const variant = this.#variant;
    this.#clear(variant);
    const { language, code } = variant;
    const { cellId: cell, topology } = this;
    if (!link.send({ type: 'run', lesson: lessonId, cell, language, code, topology, ...settings })) {
      variant.view.refuse(fr.cell.offlineRun);
      return Promise.resolve('offline');
    }
    return new Promise((ended) => this.#begin(variant, null, ended));
  }

  /** Asks the running cell to stop; its state and connections stay. */
  stop(): void {
    if (this.#run) link.send({ type: 'interrupt', lesson: lessonId, cell: this.cellId });
  }

  /** Opens the editor, at a line when one is given. */
  edit(line?: number): void {
    edit(this.#variant.sheet, line);
  }

  /** Puts the course's code back. */
  reset(): void {
    this.#variant.reset();
  }

  /** Replaces the code as if the learner had typed it. */
  replace(code: string): void {
    this.#variant.replace(code);
  }

  /** Clears what the cell shows. */
  clear(): void {
    this.#clear(this.#variant);
    this.#variant.ran = null;
    this.changed();
  }

  /** Marks a line of the answer that a check found at fault. */
  showError(error: { name: string; message: string; line?: number; column?: number }): void {
    this.#variant.mark({ ...error, stack: [] });
  }

  /** The code of the cells above that are in a language, and on the same nodes. */
  earlier(language: Language): string[] {
    const cells = cellsOfPage();
    return cells
      .slice(0, cells.indexOf(this))
      .filter((cell) => cell.language === language && cell.topology === this.topology)
      .map((cell) => cell.code);
  }

  key(event: KeyboardEvent): void {
    onCellKey(this, event);
  }

  /** Marks the cell when names that its last run read have changed since. */
  markStale(names: string[]): void {
    const { ran } = this.#variant;
    const read = names.filter((name) => ran?.report.reads?.includes(name));
    if (read.length === 0 || !ran || ran.execution === 0) return;
    ran.stale = fr.cell.staleWhy(read.join(', '));
    this.changed();
  }

  /* ---------------------------------------------------------------------------------- the run */

  #listen(): void {
    const mine = (message: { lesson: string; cell: string }) =>
      message.lesson === lessonId && message.cell === this.cellId;
    /** The view of the run that a message is about. */
    const view = (message: { lesson: string; cell: string; run: string }) => {
      if (!this.#run || !mine(message)) return null;
      return this.#run.id === null || this.#run.id === message.run ? this.#run.variant.view : null;
    };
    this.#leaving.push(
      link.on('queued', (message) => mine(message) && this.#queued(message)),
      link.on('started', (message) => view(message)?.say(fr.cell.started)),
      link.on('output', (message) => view(message)?.output.add(message)),
      link.on('display', (message) => {
        view(message)?.output.show(message.item);
        this.#tellShown();
      }),
      link.on('ended', (message) => view(message) && this.#ended(message)),
      link.on('refused', (message) => {
        if (message.lesson === lessonId && message.cell === this.cellId) this.#refused(message.message);
      }),
      link.on('kernel', ({ lesson, topology, state, language }) => {
        if (lesson === lessonId && topology === this.topology && state === 'starting')
          this.#kernelReplaced(language);
      }),
      link.on('welcome', () => this.changed()),
      link.watch((state) => state.at !== 'open' && this.#run?.variant.view.say(fr.cell.offline)),
    );
    document.addEventListener(lessonLoaded, this.#loaded);
  }

  #begin(variant: Variant, id: string | null, ended: (end: RunEnd) => void): void {
    this.#run = { id, variant, ended, since: keptOutput(this.cellId, variant.language)?.at ?? 0 };
    variant.view.say(fr.cell.running);
    this.changed();
  }

  #queued({ run, place, restMs }: Extract<ServerMessage, { type: 'queued' }>): void {
    // A page that comes back is told the whole run again.
    if (place === 0 && (this.#run === null || this.#run.id === run))
      this.#clear(this.#run?.variant ?? this.#variant);
    if (!this.#run) this.#begin(this.#variant, run, () => {});
    this.#run!.id ??= run;
    const waiting = restMs === undefined ? fr.cell.queued(place) : fr.cell.resting(Math.ceil(restMs / 1000));
    this.#run!.variant.view.say(place > 0 ? waiting : fr.cell.running);
  }

  #ended(end: RunEnded): void {
    const { variant, ended } = this.#run!;
    const before = variant.ran;
    this.#run = null;
    this.#report(variant, end, nextExecution(), variant.code);
    if (before?.code !== variant.code) this.#tellReaders(end.report.declares ?? []);
    ended(end.report.outcome.class);
  }

  #report(variant: Variant, end: RunEnded, execution: number, code: string): void {
    const { outcome } = end.report;
    variant.ran = { code, execution, report: end.report, stale: null };
    variant.view.end(end, this.#places);
    this.#tellShown();
    if (outcome.class === 'code-error' && (!outcome.error.cell || outcome.error.cell === this.cellId)) {
      variant.mark(outcome.error);
    }
    this.changed();
  }

  readonly #places: Places = {
    title: (cell) => (cell && cell !== this.cellId ? this.#other(cell)?.heading : undefined),
    go: (line, cell) => (this.#other(cell) ?? this).edit(line),
  };

  #other(cell: string | undefined): Cell | undefined {
    return cellsOfPage().find((candidate) => candidate.cellId === cell);
  }

  #refused(message: Message): void {
    const run = this.#run;
    this.#run = null;
    (run?.variant ?? this.#variant).view.refuse(message);
    this.changed();
    run?.ended('refused');
  }

  #tellReaders(names: string[]): void {
    for (const cell of cellsOfPage()) {
      const reads = cell !== this && cell.topology === this.topology;
      if (reads && cell.execution < this.execution) cell.markStale(names);
    }
  }

  /** A new kernel knows nothing of what cells ran before it. */
  #kernelReplaced(language: Language): void {
    const variant = this.#variants.find((one) => one.language === language);
    if (!variant?.ran || this.#run) return;
    variant.ran = { ...variant.ran, execution: 0, stale: null };
    this.changed();
  }

  /* ------------------------------------------------------------------------------ what was kept */

  readonly #loaded = (): void => {
    for (const variant of this.#variants) {
      variant.restore();
      if (!variant.ran && this.#run?.variant !== variant) this.#showKept(variant);
    }
    if (this.#run) this.#recover();
  };

  #showKept(variant: Variant): void {
    const kept = keptOutput(this.cellId, variant.language);
    if (!kept) return;
    this.#clear(variant);
    for (const item of kept.items) variant.view.output.add(item);
    this.#report(variant, kept, kept.execution, kept.code);
  }

  /** The link came back while the cell ran: its end is kept, or still to come; else it is lost. */
  #recover(): void {
    const run = this.#run!;
    const kept = keptOutput(this.cellId, run.variant.language);
    if (kept && kept.at > run.since) {
      this.#run = null;
      this.#showKept(run.variant);
      run.ended(kept.report.outcome.class);
      return;
    }
    let alive = false;
    const kinds = ['queued', 'started', 'output', 'ended'] as const;
    const heard = kinds.map((kind) => link.on(kind, (message) => (alive ||= message.cell === this.cellId)));
    setTimeout(() => {
      for (const stop of heard) stop();
      if (!alive && this.#run === run) this.#refused(fr.cell.lost);
    }, patienceMs);
  }

  /* ---------------------------------------------------------------------------------- the page */

  #show(language: string): void {
    this.#variant = this.#variants.find((variant) => variant.language === language) ?? this.#variants[0];
    this.#tellShown();
    this.changed();
  }

  #clear(variant: Variant): void {
    variant.view.clear();
    variant.unmark();
    this.#tellShown();
  }

  #tellShown(): void {
    this.dispatchEvent(new CustomEvent(cellShown, { bubbles: true }));
  }

  readonly #click = (event: Event): void => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest<HTMLButtonElement>('[data-do]');
    if (button?.dataset.do === 'run') void (this.#run ? this.stop() : this.run());
    else if (button?.dataset.do === 'edit') this.edit();
    else if (button?.dataset.do === 'more')
      void import('./cellmenu.ts').then(({ CellMenu }) => CellMenu.toggle(this, button));
    else if (event.target.closest('.cell-code > pre') && getSelection()?.isCollapsed) {
      const line = event.target.closest('.line');
      const lines = [...(line?.parentElement?.querySelectorAll('.line') ?? [])];
      this.edit(line ? lines.indexOf(line) + 1 : undefined);
    }
  };

  /** Shows the cell's state: what its button does, its counter, whether it is up to date. */
  changed(): void {
    const { ran, language, code, isChanged, view } = this.#variant;
    const running = this.#run !== null;
    const word = running ? fr.cell.stop : fr.cell.run;
    const button = this.querySelector<HTMLButtonElement>('[data-do="run"]')!;
    button.replaceChildren(icon(running ? 'stop' : 'run'), h('span', {}, word));
    button.setAttribute('aria-label', `${word} : ${this.heading}`);
    button.disabled = !canRun(language) && !running;
    button.title = canRun(language) ? '' : fr.cell.missingLanguage(fr.cell.language[language] ?? language);
    const count = ran && ran.execution > 0 ? String(ran.execution) : ' ';
    this.querySelector('.cell-count')!.textContent = `[${running ? '*' : count}]`;
    const edited = ran !== null && ran.code !== code && !running;
    const stale = running ? null : (ran?.stale ?? null);
    this.dataset.state = running ? 'running' : (ran?.report.outcome.class ?? 'idle');
    this.toggleAttribute('data-stale', stale !== null || edited);
    this.toggleAttribute('data-changed', isChanged);
    if (!running) view.remark(stale ?? (edited ? fr.cell.edited : null));
  }
}
