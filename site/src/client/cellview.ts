/** Under the code of a cell, in one language: its status, its output, and what Redis saw. */
import type { Message, RunReport } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { failure, type Places } from './failure.ts';
import { problem, sentence } from './message.ts';
import { Output } from './output.ts';
import { trace } from './trace.ts';

/** How a run ended, with the server's words. */
export interface RunEnded {
  report: RunReport;
  message: Message | null;
  findings: Message[];
}

export class CellView {
  readonly output: Output;
  readonly #status = h('p', { class: 'cell-status', role: 'status' });
  readonly #foot = h('div', { class: 'cell-foot' });

  constructor(panel: HTMLElement, heading: string) {
    this.output = new Output(`${fr.cell.output} : ${heading}`);
    panel.append(this.#status, this.output.element, this.#foot);
  }

  clear(): void {
    this.output.clear();
    this.#foot.replaceChildren();
    this.#status.replaceChildren();
  }

  /** Says where the run stands. */
  say(text: string): void {
    this.#status.replaceChildren(text);
  }

  /** Says that what is shown is no longer what the code would give; null takes it back. */
  remark(text: string | null): void {
    this.#status.querySelector('.cell-mark')?.remove();
    if (text !== null) this.#status.append(h('span', { class: 'cell-mark' }, text));
  }

  /** Says why there is no run. */
  refuse(message: Message): void {
    this.#status.replaceChildren();
    this.#foot.replaceChildren(problem(message));
  }

  /** Shows how a run ended. */
  end({ report, message, findings }: RunEnded, places: Places): void {
    const { outcome } = report;
    if (outcome.class === 'done' && outcome.value) this.output.show(outcome.value);
    this.say(wording(report));
    this.#foot.replaceChildren();
    if (outcome.class === 'code-error') {
      this.#foot.append(failure(outcome.error, message, places));
    } else if (message) {
      const calm = outcome.class === 'done' || outcome.class === 'interrupted';
      this.#foot.append(calm ? sentence(message) : problem(message));
    }
    this.#foot.append(trace(report, findings));
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
