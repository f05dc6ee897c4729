/** Un relais TCP devant le vrai Redis, que les tests coupent, figent et rétablissent. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

export class Relay {
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #target: { host: string; port: number };
  #stalled = false;
  port = 0;

  constructor(redisUrl: string) {
    const { hostname, port } = new URL(redisUrl);
    this.#target = { host: hostname, port: Number(port || 6379) };
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Écoute, sur le même port que la fois précédente. */
  async open(): Promise<this> {
    this.#server = createServer((near) => {
      const far = connect(this.#target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => this.#stalled || to.write(bytes));
        from.on('error', () => undefined);
        from.on('close', () => (this.#sockets.delete(from), to.destroy()));
      }
    });
    this.port ||= portOfOurOwn();
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Redis est mort : connexions coupées, port fermé. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    const closed = new Promise((done) => server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Redis ne répond plus, sans le dire : les octets se perdent. */
  stall(stalled: boolean): void {
    this.#stalled = stalled;
  }
}

/** Sous la plage que le système prête aux connexions sortantes : entre deux ouvertures, personne ne le prend. */
function portOfOurOwn(): number {
  return 20_000 + Math.floor(Math.random() * 10_000);
}
