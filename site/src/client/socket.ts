/**
 * The page's link to the server: one WebSocket. It comes back by itself with growing pauses; what must
 * not be lost (drafts) is sent again by its owner on `open`.
 */
import type { ClientMessage, ServerMessage } from '../../../runner/protocol.ts';

type Kind = ServerMessage['type'];
type Of<K extends Kind> = Extract<ServerMessage, { type: K }>;

/** Where the link stands; `waiting` says when the next try comes. */
export type LinkState = { at: 'connecting' } | { at: 'open' } | { at: 'waiting'; until: number };

const longestPause = 20_000;

class Link {
  state: LinkState = { at: 'connecting' };
  welcome: Of<'welcome'> | null = null;
  #socket: WebSocket | null = null;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lesson = '';
  readonly #handlers = new Map<Kind, Set<(message: never) => void>>();
  readonly #watchers = new Set<(state: LinkState) => void>();

  /** Connects, for the lesson that the page shows. */
  join(lesson: string): void {
    this.#lesson = lesson;
    void this.#connect();
  }

  /** Sends now or says no: a message that would arrive late does more harm than none. */
  send(message: ClientMessage): boolean {
    if (this.state.at !== 'open' || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Calls back for each message of a kind; returns what ends it. */
  on<K extends Kind>(kind: K, handler: (message: Of<K>) => void): () => void {
    const handlers = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, handlers);
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  /** Calls back at each change of state, and now. */
  watch(watcher: (state: LinkState) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.state);
    return () => this.#watchers.delete(watcher);
  }

  /** Tries again without waiting for the pause to end. */
  retry(): void {
    if (this.state.at !== 'waiting') return;
    clearTimeout(this.#timer);
    void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#timer = undefined;
    this.#become({ at: 'connecting' });
    try {
      const response = await fetch('/api/learner', { method: 'POST' });
      if (!response.ok) throw new Error(String(response.status));
      localStorage.setItem('atelier:learner', '1');
      const address = new URL('/ws', location.href);
      address.protocol = address.protocol.replace('http', 'ws');
      const socket = new WebSocket(address);
      this.#socket = socket;
      socket.onopen = () =>
        socket.send(JSON.stringify({ type: 'hello', lesson: this.#lesson } satisfies ClientMessage));
      socket.onmessage = (event) => this.#receive(JSON.parse(String(event.data)) as ServerMessage);
      socket.onclose = () => this.#wait();
    } catch {
      this.#wait();
    }
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this.welcome = message;
      this.#tries = 0;
    }
    for (const handler of this.#handlers.get(message.type) ?? []) handler(message as never);
    if (message.type === 'welcome' && this.state.at !== 'open') this.#become({ at: 'open' });
  }

  #wait(): void {
    this.#socket = null;
    const pause = Math.min(longestPause, 500 * 2 ** this.#tries++) * (0.75 + Math.random() / 2);
    this.#become({ at: 'waiting', until: Date.now() + pause });
    this.#timer = setTimeout(() => void this.#connect(), pause);
  }

  #become(state: LinkState): void {
    this.state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}

/** The one link of this tab. */
export const link = new Link();

globalThis.addEventListener?.('online', () => link.retry());
