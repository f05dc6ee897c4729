/**
 * The network before one node: what the others say to its port passes here, at once, late, or not at all.
 *
 * A chunk waits for half of the round trip, each way. While nothing passes, nothing is read either: the
 * bytes stay with the kernel, as segments stay in a sender that waits for their acknowledgement; when the
 * node dies meanwhile they are lost with it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Chunk {
  at: number;
  /** Null ends the direction. */
  bytes: Buffer | null;
}

const mostHeld = 4 * 1024 * 1024;

/** Stands at a node's announced port; the node itself listens on `inner`. */
export class Front {
  /** A round trip's milliseconds; null while nothing passes. */
  #ms: number | null = 0;
  readonly #inner: number;
  readonly #server: Server;
  readonly #ways = new Set<Way>();

  constructor(port: number, inner: number) {
    this.#inner = inner;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server.on('error', () => {});
    this.#server.listen(port, '127.0.0.1');
  }

  set(ms: number | null): void {
    this.#ms = ms;
    for (const way of this.#ways) way.delay(ms);
  }

  /** The node is dead: what it had not yet got through is lost. */
  ended(): void {
    if (this.#ms === null) for (const way of this.#ways) way.drop();
  }

  #accept(client: Socket): void {
    const node = connect({ port: this.#inner, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, node]) socket.setNoDelay(true).on('error', () => {});
    const ways = [new Way(client, node, this.#ms), new Way(node, client, this.#ms)];
    for (const way of ways) {
      this.#ways.add(way);
      way.from.on('close', () => this.#ways.delete(way));
    }
  }
}

/** One direction of one connection. */
class Way {
  readonly from: Socket;
  readonly #to: Socket;
  #ms: number | null;
  #held: Chunk[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, ms: number | null) {
    this.from = from;
    this.#to = to;
    this.#ms = ms;
    from.on('data', (bytes: Buffer) => this.#hold(bytes));
    from.on('end', () => this.#hold(null));
    // A reset ends without an end.
    from.on('close', () => this.#hold(null));
    to.on('drain', () => this.#read());
    this.#read();
  }

  delay(ms: number | null): void {
    this.#ms = ms;
    this.#read();
    this.#pass();
  }

  drop(): void {
    this.#held = [];
    if (this.#timer) clearTimeout(this.#timer);
    this.from.destroy();
    this.#to.destroy();
  }

  #hold(bytes: Buffer | null): void {
    this.#held.push({ at: performance.now() + (this.#ms ?? 0) / 2, bytes });
    this.#size += bytes?.length ?? 0;
    this.#read();
    this.#pass();
  }

  #read(): void {
    if (this.#ms === null || this.#size > mostHeld || this.#to.writableNeedDrain) this.from.pause();
    else this.from.resume();
  }

  #pass(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#ms !== null && this.#held.length > 0) {
      const wait = this.#held[0].at - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pass(), wait);
        return;
      }
      const { bytes } = this.#held.shift()!;
      if (bytes === null) this.#to.end();
      else {
        this.#size -= bytes.length;
        this.#to.write(bytes);
      }
    }
    this.#read();
  }
}
