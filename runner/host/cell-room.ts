import type { HostRequest } from './protocol.ts';
import { RequestError, type Room } from './room.ts';
import { Session, type SessionParts } from './session.ts';

/** The sessions of a host whose role is `cells`. */
export class CellRoom implements Room {
  readonly #parts: SessionParts;
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get instances(): number {
    return [...this.#sessions.values()].filter(({ holdsInstance }) => holdsInstance).length;
  }

  async ask(request: HostRequest): Promise<void> {
    if (request.type === 'open') {
      if (!this.#sessions.has(request.session)) {
        this.#sessions.set(
          request.session,
          new Session(request.session, request.needs, this.#parts, request),
        );
      }
      return;
    }
    if (!('session' in request)) throw new RequestError('wrong-host');
    const session = this.#sessions.get(request.session);
    if (!session) throw new RequestError('unknown-session');
    await this.#pass(session, request);
  }

  async clear(): Promise<void> {
    for (const session of this.#sessions.values()) void this.#close(session);
    await Promise.all(this.#closing);
  }

  async #pass(session: Session, request: Extract<HostRequest, { session: string }>): Promise<void> {
    const { tell } = this.#parts;
    switch (request.type) {
      case 'run':
        return session.run(request);
      case 'interrupt':
        return session.interrupt(request.run);
      case 'restart':
        return session.restart(request.language);
      case 'reset':
        return session.reset();
      case 'close':
        return this.#close(session);
      case 'terminal-open':
        return session.openTerminal(request.terminal, request.columns, request.rows);
      case 'terminal-input':
        return session.input(request.terminal, request.data);
      case 'terminal-resize':
        return session.resize(request.terminal, request.columns, request.rows);
      case 'terminal-close':
        return session.closeTerminal(request.terminal);
      case 'keys': {
        const page = await session.keys(request.pattern, request.cursor);
        tell({ type: 'keys', session: session.id, request: request.request, ...page });
        return;
      }
      case 'key': {
        const key = await session.key(request.key);
        tell({ type: 'key', session: session.id, request: request.request, key });
      }
    }
  }

  #close(session: Session): Promise<void> {
    this.#sessions.delete(session.id);
    const closing: Promise<void> = session
      .close()
      .then((unsaved) => {
        this.#parts.tell({ type: 'closed', session: session.id, ...(unsaved && { unsaved }) });
      })
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }
}
