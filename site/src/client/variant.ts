/** One language of a cell: the course's code, the learner's version of it, and its last run. */
import type { CodeError, Language, RunReport } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h, writeLines } from './dom.ts';
import { forgetDraft, keepDraft, readDraft } from './drafts.ts';
import { CellView } from './cellview.ts';
import type { Sheet } from './editor.ts';
import { lessonId } from './lesson.ts';

/** What a variant needs of its cell. */
export interface VariantOwner {
  cellId: string;
  heading: string;
  /** The code of the cells above, in the same language. */
  earlier(language: Language): string[];
  /** The code changed. */
  changed(): void;
  key(event: KeyboardEvent): void;
}

export class Variant {
  readonly language: Language;
  readonly panel: HTMLElement;
  readonly #pre: HTMLPreElement;
  readonly #original: string;
  readonly #basis: string;
  readonly #owner: VariantOwner;
  #failed: number | undefined;
  readonly sheet: Sheet;
  readonly view: CellView;
  code: string;
  /** `execution` is 0 when the kernel that ran it is gone; `stale` says why its output may no longer be true. */
  ran: { code: string; execution: number; report: RunReport; stale: string | null } | null = null;

  constructor(panel: HTMLElement, owner: VariantOwner) {
    this.panel = panel;
    this.language = panel.dataset.language as Language;
    this.#owner = owner;
    this.#basis = panel.dataset.basis!;
    this.#pre = panel.querySelector('pre')!;
    this.#pre.setAttribute('role', 'group');
    this.#pre.setAttribute('aria-label', fr.cell.code(owner.heading));
    this.#original = this.#pre.textContent;
    this.code = this.#original;
    this.view = new CellView(panel, owner.heading);
    this.sheet = {
      name: `${owner.cellId}.${this.language}`,
      language: this.language,
      label: fr.cell.code(owner.heading),
      panel,
      pre: this.#pre,
      read: () => this.code,
      changed: (code) => this.#typed(code),
      earlier: () => owner.earlier(this.language),
      key: (event) => owner.key(event),
      painted: () => this.#showMark(),
    };
  }

  get isChanged(): boolean {
    return this.code !== this.#original;
  }

  /** Takes the learner's version when there is one; when the course's code changed since, they choose. */
  restore(): void {
    const draft = readDraft(lessonId, this.#owner.cellId, this.language);
    if (!draft || draft.code === this.code) return;
    this.#write(draft.code);
    if (draft.basis === this.#basis || this.panel.querySelector('.conflict')) return;
    const button = (text: string, act: () => void) =>
      h('button', { type: 'button', class: 'fold', onclick: act }, text);
    this.panel.prepend(
      h(
        'div',
        { class: 'conflict', role: 'group', 'aria-label': fr.cell.conflict },
        h('p', {}, fr.cell.conflict),
        button(fr.cell.mine, () => this.replace(this.code)),
        button(fr.cell.theirs, () => this.reset()),
      ),
    );
  }

  /** Puts the course's code back. */
  reset(): void {
    forgetDraft(lessonId, this.#owner.cellId, this.language);
    this.#settle();
    this.#write(this.#original);
  }

  /** Replaces the code as if the learner had typed it. */
  replace(code: string): void {
    this.#write(code);
    this.#typed(code);
  }

  /** Marks the line where a run failed, in the text and in the editor. */
  mark(error: CodeError): void {
    this.#failed = error.line;
    this.#showMark();
    this.sheet.mark?.(error);
  }

  /** Takes the mark away. */
  unmark(): void {
    this.#failed = undefined;
    this.#showMark();
    this.sheet.mark?.(null);
  }

  #showMark(): void {
    for (const [index, line] of this.#pre.querySelectorAll('.line').entries()) {
      line.classList.toggle('line-error', index + 1 === this.#failed);
    }
  }

  #typed(code: string): void {
    this.code = code;
    this.#settle();
    keepDraft(lessonId, this.#owner.cellId, this.language, code, this.#basis);
    this.#owner.changed();
  }

  /** A choice between two versions is made by the first keystroke too. */
  #settle(): void {
    this.panel.querySelector('.conflict')?.remove();
  }

  #write(code: string): void {
    this.code = code;
    writeLines(this.#pre.querySelector('code')!, code);
    this.#failed = undefined;
    this.sheet.replace?.(code);
    this.#owner.changed();
  }
}
