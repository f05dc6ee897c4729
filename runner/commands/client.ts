/** A learner without a browser: the same HTTP and WebSocket that a page speaks. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientMessage, ServerMessage } from '../protocol.ts';

type Of<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** One connected learner. */
export class Client {
  readonly learner: string;
  readonly address: string;
  readonly cookie: string;
  readonly socket: WebSocket;
  /** Everything heard since the connection was made. */
  readonly heard: ServerMessage[] = [];
  readonly #listeners = new Set<(message: ServerMessage) => void>();

  private constructor(address: string, learner: string, cookie: string, socket: WebSocket) {
    this.address = address;
    this.learner = learner;
    this.cookie = cookie;
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage;
      this.heard.push(message);
      for (const listener of this.#listeners) listener(message);
    });
  }

  /** Connects to a server as a new learner, or as the one who holds `cookie`. */
  static async connect(address: string, cookie?: string): Promise<Client> {
    const response = await fetch(`${address}/api/learner`, {
      method: 'POST',
      headers: cookie === undefined ? {} : { cookie },
    });
    if (!response.ok)
      throw new Error(`${address} gave no learner: ${response.status} ${await response.text()}`);
    const { learner } = (await response.json()) as { learner: string };
    const held = response.headers.get('set-cookie')?.split(';')[0] ?? cookie ?? '';
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/ws`, {
      headers: { cookie: held },
      perMessageDeflate: false,
    });
    const client = new Client(address, learner, held, socket);
    await Promise.race([
      once(socket, 'open'),
      once(socket, 'close').then(() => Promise.reject(new Error(`${address} closed the WebSocket at once`))),
    ]);
    return client;
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  on(listener: (message: ServerMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first message of a type, heard already or to come, that satisfies a condition. */
  async hear<Type extends ServerMessage['type']>(
    type: Type,
    fits: (message: Of<Type>) => boolean = () => true,
    timeoutMs = 60_000,
  ): Promise<Of<Type>> {
    const is = (message: ServerMessage): message is Of<Type> =>
      message.type === type && fits(message as Of<Type>);
    const known = this.heard.find(is);
    if (known !== undefined) return known;
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        off();
        this.socket.off('close', closed);
      };
      const closed = () => {
        settle();
        reject(new Error(`the connection ended before ${type}`));
      };
      const off = this.on((message) => {
        if (!is(message)) return;
        settle();
        resolve(message);
      });
      const timer = setTimeout(() => {
        settle();
        reject(
          new Error(
            `no ${type} in ${timeoutMs} ms; heard ${JSON.stringify(this.heard.slice(-5)).slice(0, 2_000)}`,
          ),
        );
      }, timeoutMs);
      this.socket.once('close', closed);
    });
  }

  /** Forgets what was heard, so that `hear` waits for what is to come. */
  forget(): void {
    this.heard.length = 0;
  }

  /** Asks the HTTP API as this learner. */
  async get(path: string): Promise<Response> {
    return fetch(`${this.address}${path}`, { headers: { cookie: this.cookie } });
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
