/** Terminals: what a shell of a session shows, to the pages that look at it; they outlive a page. */
import type { Limits } from './config.ts';
import type { BoxExit, HostEvent } from './host/protocol.ts';
import type { Page } from './pages.ts';
import type { Session } from './sessions.ts';
import { french } from './texts/fr.ts';

interface Terminal {
  readonly id: string;
  readonly session: Session;
  readonly pages: Set<Page>;
  /** The last of what it showed, for a page that comes back. */
  screen: string;
  /** Pages that were too slow for some of it. */
  readonly skipped: Set<Page>;
}

const SCREEN = 64 * 1024;

/** Every terminal that is open. */
export class Terminals {
  readonly #terminals = new Map<string, Terminal>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Opens a terminal, or shows an open one to one more page. */
  open(page: Page, session: Session, id: string, columns: number, rows: number): 'too-many-terminals' | null {
    const known = this.find(session, id);
    if (known !== null) {
      known.pages.add(page);
      if (known.screen !== '') {
        page.send({ type: 'terminal-output', lesson: session.lesson, terminal: id, data: known.screen });
      }
      session.host.send({ type: 'terminal-resize', session: session.id, terminal: id, columns, rows });
      return null;
    }
    const own = [...this.#terminals.values()].filter(
      (terminal) => terminal.session.learner === session.learner,
    );
    if (own.length >= this.#limits.terminalsPerLearner) {
      const unseen = own.find((terminal) => terminal.pages.size === 0);
      if (unseen === undefined) return 'too-many-terminals';
      this.close(unseen.session, unseen.id);
    }
    const terminal = { id, session, pages: new Set([page]), screen: '', skipped: new Set<Page>() };
    this.#terminals.set(`${session.id} ${id}`, terminal);
    session.host.send({ type: 'terminal-open', session: session.id, terminal: id, columns, rows });
    return null;
  }

  find(session: Session, id: string): Terminal | null {
    return this.#terminals.get(`${session.id} ${id}`) ?? null;
  }

  close(session: Session, id: string): void {
    if (this.#terminals.delete(`${session.id} ${id}`)) {
      session.host.send({ type: 'terminal-close', session: session.id, terminal: id });
    }
  }

  /** What a host says of a session's terminal. */
  event(session: Session, event: Extract<HostEvent, { terminal: string }>): void {
    const terminal = this.find(session, event.terminal);
    if (terminal === null) return;
    if (event.type === 'terminal-ended') this.#ended(terminal, event.why);
    else this.#show(terminal, event.data);
  }

  sessionLost(session: Session): void {
    for (const terminal of this.#terminals.values()) {
      if (terminal.session === session) this.#ended(terminal, undefined);
    }
  }

  leave(page: Page): void {
    for (const terminal of this.#terminals.values()) {
      terminal.pages.delete(page);
      terminal.skipped.delete(page);
    }
  }

  #show(terminal: Terminal, data: string): void {
    terminal.screen = tail(terminal.screen + data);
    const names = { lesson: terminal.session.lesson, terminal: terminal.id };
    for (const page of terminal.pages) {
      if (page.slow) {
        terminal.skipped.add(page);
        continue;
      }
      const note = terminal.skipped.delete(page) ? `\r\n[${french('terminal-skipped').fact}]\r\n` : '';
      page.send({ type: 'terminal-output', ...names, data: note + data });
    }
  }

  #ended(terminal: Terminal, why: BoxExit | undefined): void {
    this.#terminals.delete(`${terminal.session.id} ${terminal.id}`);
    const crashed = why?.reason === 'crashed' || why?.reason === 'memory';
    const message = french(crashed ? 'terminal-crashed' : 'terminal-ended');
    for (const page of terminal.pages) {
      page.send({ type: 'terminal-ended', lesson: terminal.session.lesson, terminal: terminal.id, message });
    }
  }
}

/** The end of a screen, from the beginning of a line. */
function tail(screen: string): string {
  if (screen.length <= SCREEN) return screen;
  const cut = screen.slice(-SCREEN / 2);
  return cut.slice(cut.indexOf('\n') + 1);
}
