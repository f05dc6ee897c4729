/** A cell: code that is read, edited, run; its output, and what Redis saw of it. */
import type { CodeError, Language, Message, RunReport } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { CellMenu } from './cellmenu.ts';
import { onCellKey } from './cellkeys.ts';
import { forgetDraft, keepDraft, readDraft } from './drafts.ts';
import { h } from './dom.ts';
import { edit, type Sheet } from './editor.ts';
import { canRun, tabs } from './languages.ts';
import { cellsOfPage, keptOutput, lessonId, lessonLoaded, nextExecution, settings } from './lesson.ts';
import { problem, sentence } from './message.ts';
import { Output } from './output.ts';
import { icon } from './icons.ts';
import { link } from './socket.ts';
import { trace } from './trace.ts';

/** How a run ended, for whoever waits for it. */
export type RunEnd = RunReport['outcome']['class'] | 'refused' | 'lost' | 'offline';

/** One language of a cell. */
interface Variant {
  language: Language;
  panel: HTMLElement;
  pre: HTMLPreElement;
  original: string;
  basis: string;
  code: string;
  /** The code of the last run, and what it gave to and took from other cells. */
  ran: { code: string; execution: number; report: RunReport } | null;
}

/** A value was shown or cleared: places that draw the cell's plots look again. */
export const cellShown = 'atelier:cell-shown';

/** `<atelier-cell>`. */
export class Cell extends HTMLElement {
  #variants: Variant[] = [];
  #language: Language = 'typescript';
  #run: { id: string | null; variant: Variant; ended: (end: RunEnd) => void; since: number } | null = null;
  #output = new Output('');
  #foot = h('div', { class: 'cell-foot' });
  #status = h('p', { class: 'cell-status', role: 'status' });
  #stale = false;
  #leaving: (() => void)[] = [];
  #sheets = new Map<Language, Sheet>();
  /** In a lab, running means verifying. */
  verifies: (() => Promise<RunEnd>) | null = null;

  get cellId(): string {
    return this.dataset.cell!;
  }
  get heading(): string {
    return this.dataset.title ?? '';
  }
  get isRunning(): boolean {
    return this.#run !== null;
  }
  get output(): Output {
    return this.#output;
  }
  get language(): Language {
    return this.#language;
  }
  /** The code in the language shown, as the learner left it. */
  get code(): string {
    return this.#variant.code;
  }
  get #variant(): Variant {
    return this.#variants.find((variant) => variant.language === this.#language)!;
  }

  connectedCallback(): void {
    if (this.#variants.length > 0) return;
    this.#variants = [...this.querySelectorAll<HTMLElement>('.cell-code')].map((panel) => {
      const pre = panel.querySelector('pre')!;
      const original = pre.textContent;
      pre.setAttribute('role', 'group');
      pre.setAttribute('aria-label', fr.cell.code(this.heading));
      return { language: panel.dataset.language as Language, panel, pre, original, basis: panel.dataset.basis!, code: original, ran: null };
    });
    this.#language = this.#variants[0]!.language;
    this.#output = new Output(`${fr.cell.output} : ${this.heading}`);
    this.append(this.#status, this.#output.element, this.#foot);
    for (const variant of this.#variants) this.#restore(variant);
    this.#leaving.push(
      tabs(this, this.#variants.map(({ panel }) => panel), (language) => this.#show(language as Language)),
      link.on('queued', (message) => this.#mine(message) && this.#queued(message.run, message.place)),
      link.on('started', (message) => this.#mine(message) && this.#status.replaceChildren(fr.cell.started)),
      link.on('output', (message) => this.#mine(message) && this.#output.add(message)),
      link.on('display', (message) => this.#mine(message) && this.#shown(() => this.#output.show(message.item))),
      link.on('ended', (message) => this.#mine(message) && this.#ended(message.report, message.message, message.findings)),
      link.on('refused', (message) => message.lesson === lessonId && message.cell === this.cellId && this.#refused(message.message)),
      link.on('kernel', (message) => message.lesson === lessonId && message.state === 'starting' && this.#kernelReplaced(message.language)),
      link.on('welcome', () => this.#draw()),
      link.watch((state) => this.#run && state.at !== 'open' && this.#status.replaceChildren(fr.cell.offline)),
    );
    document.addEventListener(lessonLoaded, this.#loaded);
    this.addEventListener('click', this.#click);
    this.addEventListener('keydown', (event) => onCellKey(this, event));
    this.#draw();
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
    const { language, code } = variant;
    const request = { type: 'run' as const, lesson: lessonId, cell: this.cellId, language, code, ...settings };
    this.#clear();
    if (!link.send(request)) {
      this.#foot.append(problem(fr.cell.offlineRun));
      return Promise.resolve('offline');
    }
    return new Promise((ended) => this.#begin(variant, null, ended));
  }

  /** Asks the running cell to stop; its state and connections stay. */
  stop(): void {
    if (this.#run) link.send({ type: 'interrupt', lesson: lessonId, cell: this.cellId });
  }

  /** Opens the editor, at a line when one is given. */
  edit(line?: number, column?: number): void {
    edit(this.#sheet(), line, column);
  }

  /** Puts the course's code back. */
  reset(): void {
    const variant = this.#variant;
    forgetDraft(lessonId, this.cellId, variant.language);
    variant.panel.querySelector('.conflict')?.remove();
    this.#write(variant, variant.original);
  }

  /** Replaces the code as if the learner had typed it. */
  replace(code: string): void {
    keepDraft(lessonId, this.cellId, this.#language, code, this.#variant.basis);
    this.#write(this.#variant, code);
  }

  /** Clears what the cell shows. */
  clear(): void {
    this.#clear();
    this.#variant.ran = null;
    this.#draw();
  }

  /** Marks the cell when what it read from another has changed. */
  markStale(names: string[]): void {
    this.#stale = true;
    this.title = fr.cell.staleWhy(names.join(', '));
    this.#draw();
  }

  /** The names, among these, that this cell's last run read. */
  reads(names: string[]): string[] {
    const read = new Set(this.#variant.ran?.report.reads ?? []);
    return names.filter((name) => read.has(name));
  }

  get execution(): number {
    return this.#variant.ran?.execution ?? 0;
  }

  /* ---------------------------------------------------------------------------------- the run */

  #mine(message: { lesson: string; cell: string; run: string; type: string }): boolean {
    if (message.lesson !== lessonId || message.cell !== this.cellId) return false;
    if (message.type === 'queued') return true;
    if (!this.#run) this.#begin(this.#variant, message.run, () => {});
    return this.#run!.id === null || this.#run!.id === message.run;
  }

  #begin(variant: Variant, id: string | null, ended: (end: RunEnd) => void): void {
    this.#run = { id, variant, ended, since: keptOutput(this.cellId, variant.language)?.at ?? 0 };
    this.#stale = false;
    this.#status.replaceChildren(fr.cell.running);
    this.#draw();
  }

  #queued(run: string, place: number): void {
    if (this.#run?.id && this.#run.id !== run) return;
    // A page that comes back is told the whole run again.
    if (this.#run?.id === run && place === 0 && !this.#output.isEmpty) this.#clear();
    if (!this.#run) {
      this.#clear();
      this.#begin(this.#variant, run, () => {});
    }
    this.#run!.id = run;
    this.#status.replaceChildren(place > 0 ? fr.cell.queued(place) : fr.cell.running);
  }

  #ended(report: RunReport, message: Message | null, findings: Message[]): void {
    const { variant, ended } = this.#run!;
    const before = variant.ran;
    this.#run = null;
    this.#report(variant, report, message, findings, nextExecution(), variant.code);
    if (before?.code !== variant.code || report.outcome.class !== 'done') this.#tellReaders(report.declares ?? []);
    ended(report.outcome.class);
  }

  #report(variant: Variant, report: RunReport, message: Message | null, findings: Message[], execution: number, code: string): void {
    const { outcome } = report;
    variant.ran = { code, execution, report };
    this.#shown(() => {
      if (outcome.class === 'done' && outcome.value) this.#output.show(outcome.value);
    });
    this.#status.replaceChildren(wording(report));
    this.#foot.replaceChildren();
    if (outcome.class === 'code-error') this.#foot.append(this.#error(outcome.error, message));
    else if (message) this.#foot.append(outcome.class === 'done' || outcome.class === 'interrupted' ? sentence(message) : problem(message));
    this.#foot.append(trace(report, findings));
    if (outcome.class === 'code-error' && (!outcome.error.cell || outcome.error.cell === this.cellId)) this.#mark(variant, outcome.error);
    this.#draw();
  }

  #error(error: CodeError, message: Message | null): HTMLElement {
    const place = (line: number, cell?: string) => {
      const target = cell && cell !== this.cellId ? document.querySelector<Cell>(`atelier-cell[data-cell="${CSS.escape(cell)}"]`) : this;
      const text = fr.output.line(line, target && target !== this ? target.heading : undefined);
      return h('button', { type: 'button', class: 'line-link', title: fr.output.goToLine, onclick: () => target?.edit(line) }, text);
    };
    const box = h('div', { class: 'error', role: 'alert' }, h('p', { class: 'error-text' }, h('strong', {}, `${error.name} : `), error.message));
    if (error.line !== undefined) box.append(h('p', {}, place(error.line, error.cell)));
    if (message) box.append(sentence(message));
    if (error.stack.length > 1) {
      const frames = error.stack.map((frame) => h('li', {}, h('code', {}, frame.where || '…'), ' ', place(frame.line, frame.cell)));
      box.append(h('details', {}, h('summary', {}, fr.output.stack), h('ol', {}, ...frames)));
    }
    return box;
  }

  /** Marks a line of the answer that a check found at fault. */
  showError(error: { name: string; message: string; line?: number; column?: number }): void {
    this.#mark(this.#variant, { ...error, stack: [] });
  }

  #mark(variant: Variant, error: CodeError): void {
    if (error.line === undefined) return;
    variant.pre.querySelectorAll('.line')[error.line - 1]?.classList.add('line-error');
    this.#sheet(variant).mark?.(error);
  }

  #refused(message: Message): void {
    const ended = this.#run?.ended;
    this.#run = null;
    this.#status.replaceChildren();
    this.#foot.replaceChildren(problem(message));
    this.#draw();
    ended?.('refused');
  }

  #tellReaders(names: string[]): void {
    for (const cell of cellsOfPage()) {
      if (cell === this || cell.execution === 0 || cell.execution > this.execution) continue;
      const read = cell.reads(names);
      if (read.length > 0) cell.markStale(read);
    }
  }

  #kernelReplaced(language: Language): void {
    const variant = this.#variants.find((one) => one.language === language);
    if (!variant?.ran || this.#run) return;
    variant.ran = { ...variant.ran, execution: 0 };
    this.#stale = false;
    this.#draw();
  }

  /* ------------------------------------------------------------------------------ what was kept */

  readonly #loaded = (): void => {
    for (const variant of this.#variants) this.#restore(variant);
    if (this.#run) this.#recover();
    else this.#showKept();
  };

  /** The learner's version when there is one; when the course's code changed since, they choose. */
  #restore(variant: Variant): void {
    const draft = readDraft(lessonId, this.cellId, variant.language);
    if (!draft || draft.code === variant.code) return;
    this.#write(variant, draft.code);
    if (draft.basis === variant.basis || variant.panel.querySelector('.conflict')) return;
    const bar = h('div', { class: 'conflict', role: 'group', 'aria-label': fr.cell.conflict }, h('p', {}, fr.cell.conflict));
    const choose = (code: string) => {
      bar.remove();
      if (code === variant.original) this.reset();
      else keepDraft(lessonId, this.cellId, variant.language, code, variant.basis);
    };
    bar.append(
      h('button', { type: 'button', class: 'fold', onclick: () => choose(variant.code) }, fr.cell.mine),
      h('button', { type: 'button', class: 'fold', onclick: () => choose(variant.original) }, fr.cell.theirs),
    );
    variant.panel.prepend(bar);
  }

  #showKept(): void {
    const kept = keptOutput(this.cellId, this.#language);
    if (!kept || this.#variant.ran) return;
    this.#clear();
    this.#shown(() => kept.items.forEach((item) => this.#output.add(item)));
    this.#report(this.#variant, kept.report, kept.message, kept.findings, kept.execution, kept.code);
  }

  /** The link came back while the cell ran: its end may be kept, or still to come; else it is lost. */
  #recover(): void {
    const run = this.#run!;
    const kept = keptOutput(this.cellId, run.variant.language);
    if (kept && kept.at > run.since) {
      this.#run = null;
      run.variant.ran = null;
      this.#showKept();
      run.ended(kept.report.outcome.class);
      return;
    }
    let alive = false;
    const heard = (['queued', 'started', 'output', 'ended'] as const).map((kind) => link.on(kind, (message) => (alive ||= message.cell === this.cellId)));
    setTimeout(() => {
      heard.forEach((stop) => stop());
      if (alive || this.#run !== run || this.#output.element.dataset.alive) return;
      this.#refused(fr.cell.lost);
    }, 6000);
  }

  /* ---------------------------------------------------------------------------------- the page */

  #show(language: Language): void {
    this.#language = language;
    if (this.#run) return;
    this.#clear();
    const { ran } = this.#variant;
    this.#variant.ran = null;
    this.#showKept();
    if (!this.#variant.ran && ran) this.#variant.ran = { ...ran, execution: 0 };
    this.#draw();
  }

  #clear(): void {
    this.#shown(() => this.#output.clear());
    this.#foot.replaceChildren();
    this.#status.replaceChildren();
    for (const line of this.querySelectorAll('.line-error')) line.classList.remove('line-error');
    this.#sheets.get(this.#language)?.mark?.(null);
  }

  #shown(change: () => void): void {
    change();
    this.dispatchEvent(new CustomEvent(cellShown, { bubbles: true }));
  }

  /** Shows code that did not come from the keyboard. */
  #write(variant: Variant, code: string): void {
    variant.code = code;
    variant.pre.querySelector('code')!.textContent = code;
    this.#sheets.get(variant.language)?.replace?.(code);
    this.#draw();
  }

  #sheet(variant = this.#variant): Sheet {
    const known = this.#sheets.get(variant.language);
    if (known) return known;
    const { panel, pre, language } = variant;
    const sheet: Sheet = {
      name: `${this.cellId}.${language}`,
      language,
      label: fr.cell.code(this.heading),
      panel,
      pre,
      read: () => variant.code,
      changed: (code) => {
        variant.code = code;
        keepDraft(lessonId, this.cellId, language, code, variant.basis);
        this.#draw();
      },
      earlier: () => cellsOfPage().filter((cell) => cell !== this && cell.compareDocumentPosition(this) & Node.DOCUMENT_POSITION_FOLLOWING && cell.language === language).map((cell) => cell.code),
      key: (event) => onCellKey(this, event),
    };
    this.#sheets.set(language, sheet);
    return sheet;
  }

  readonly #click = (event: Event): void => {
    const target = event.target as HTMLElement;
    const button = target.closest<HTMLButtonElement>('[data-do]');
    if (button?.dataset.do === 'run') void (this.#run ? this.stop() : this.run());
    else if (button?.dataset.do === 'edit') this.edit();
    else if (button?.dataset.do === 'more') CellMenu.toggle(this, button);
    else if (target.closest('.cell-code pre') && getSelection()?.isCollapsed) {
      const line = target.closest('.line');
      const at = line ? [...line.parentElement!.querySelectorAll('.line')].indexOf(line) + 1 : undefined;
      this.edit(at);
    }
  };

  #draw(): void {
    const variant = this.#variant;
    const running = this.#run !== null;
    const runnable = canRun(variant.language);
    this.dataset.state = running ? 'running' : (variant.ran?.report.outcome.class ?? 'idle');
    const button = this.querySelector<HTMLButtonElement>('[data-do="run"]');
    if (!button) return;
    button.replaceChildren(icon(running ? 'stop' : 'run'), h('span', {}, running ? fr.cell.stop : fr.cell.run));
    button.setAttribute('aria-label', `${running ? fr.cell.stop : fr.cell.run} : ${this.heading}`);
    button.disabled = !runnable && !running;
    button.title = runnable ? '' : fr.cell.missingLanguage(fr.cell.language[variant.language]!);
    const counter = this.querySelector('.cell-count')!;
    counter.textContent = running ? '[*]' : `[${variant.ran && variant.ran.execution > 0 ? variant.ran.execution : ' '}]`;
    const edited = variant.ran !== null && variant.ran.code !== variant.code;
    this.toggleAttribute('data-stale', this.#stale || (edited && !running));
    this.toggleAttribute('data-changed', variant.code !== variant.original);
    const marks = this.#status.querySelector('.cell-mark');
    marks?.remove();
    if (!running && (this.#stale || edited)) this.#status.append(h('span', { class: 'cell-mark' }, this.#stale ? fr.cell.stale : fr.cell.edited));
  }
}

function wording({ outcome, durationMs }: RunReport): string {
  switch (outcome.class) {
    case 'done':
      return fr.cell.done(durationMs);
    case 'code-error':
      return fr.cell.failed(outcome.error.line);
    case 'interrupted':
      return fr.cell.interrupted;
    case 'limit':
      return fr.cell.limit;
    case 'kernel-ended':
      return fr.cell.ended;
    case 'platform':
      return fr.cell.platform;
  }
}
