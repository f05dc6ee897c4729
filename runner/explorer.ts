/** Looks at keys: each question of a page goes to its session's host under a number of ours, and comes back to that page alone. */
import type { HostEvent } from './host/protocol.ts';
import type { Page } from './pages.ts';
import type { Session } from './sessions.ts';

interface Question {
  readonly page: Page;
  readonly session: Session;
  /** The page's own name for it. */
  readonly request: string;
}

type Answer = Extract<HostEvent, { type: 'keys' | 'key' }>;

/** Beyond this many unanswered questions the oldest are forgotten. */
const MAX_OPEN = 10_000;

/** Questions about keys that wait for their answer. */
export class Explorer {
  readonly #questions = new Map<string, Question>();
  #asked = 0;

  keys(page: Page, session: Session, request: string, pattern: string, cursor: string): void {
    session.host.send({
      type: 'keys',
      session: session.id,
      request: this.#note(page, session, request),
      pattern,
      cursor,
    });
  }

  key(page: Page, session: Session, request: string, key: string): void {
    session.host.send({ type: 'key', session: session.id, request: this.#note(page, session, request), key });
  }

  /** The page that asked, and its name for the question; null when nobody waits any more. */
  take(request: string): Question | null {
    const question = this.#questions.get(request) ?? null;
    this.#questions.delete(request);
    return question;
  }

  answered(answer: Answer): void {
    const question = this.take(answer.request);
    if (question === null || question.session.id !== answer.session) return;
    const names = { lesson: question.session.lesson, request: question.request };
    if (answer.type === 'key') question.page.send({ type: 'key', ...names, key: answer.key });
    else {
      const { keys, cursor, total } = answer;
      question.page.send({ type: 'keys', ...names, keys, cursor, total });
    }
  }

  leave(page: Page): void {
    for (const [number, question] of this.#questions) {
      if (question.page === page) this.#questions.delete(number);
    }
  }

  #note(page: Page, session: Session, request: string): string {
    this.#asked += 1;
    const number = String(this.#asked);
    this.#questions.set(number, { page, session, request });
    if (this.#questions.size > MAX_OPEN) this.#questions.delete(this.#questions.keys().next().value!);
    return number;
  }
}
