/**
 * The hosts that are here. Each connects to the server's Unix socket, says who it is and is asked for
 * its status from time to time; it may come and go at any moment, and what it held is then told lost.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import {
  decoder,
  encode,
  type CommandHelp,
  type HostEvent,
  type HostRequest,
  type HostStatus,
} from './host/protocol.ts';

const STATUS_MS = 5_000;
const SILENT_MS = 60_000;
const MAX_UNSENT = 64 * 1024 * 1024;

/** One host, as long as its stream is open. */
export class Host {
  readonly name: string;
  readonly role: 'cells' | 'grading';
  /** What of it the server uses now; the least used host is picked first. */
  uses = 0;
  status: HostStatus | null = null;
  /** What its Redis says of its commands. */
  commands: CommandHelp[] = [];
  heard = performance.now();
  readonly #socket: Socket;

  constructor(socket: Socket, name: string, role: 'cells' | 'grading') {
    this.#socket = socket;
    this.name = name;
    this.role = role;
  }

  get connected(): boolean {
    return !this.#socket.destroyed;
  }

  /** Asks the host for something; a host that does not read what it is asked is cut off. */
  send(request: HostRequest): void {
    if (!this.connected) return;
    this.#socket.write(encode(request));
    if (this.#socket.writableLength > MAX_UNSENT) this.end();
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** What happens at the hosts. */
export interface HostListener {
  event(host: Host, event: HostEvent): void;
  lost(host: Host): void;
  /** It has told its status and can be asked for anything. */
  arrived(host: Host): void;
}

/** Every host connected to this server. */
export class Hosts {
  readonly #listener: HostListener;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #hosts = new Set<Host>();
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: HostListener, log: Logger) {
    this.#listener = listener;
    this.#log = log;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Waits for hosts on a Unix socket that its owner alone can reach. */
  async listen(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(path, resolve);
    });
    chmodSync(path, 0o600);
    this.#timer = setInterval(() => this.#ask(), STATUS_MS);
  }

  get count(): number {
    return this.#hosts.size;
  }

  /** The hosts of a role that have told their status, those most at leisure first. */
  of(role: Host['role']): Host[] {
    return [...this.#hosts]
      .filter((host) => host.role === role && host.status !== null)
      .toSorted((a, b) => a.uses - b.uses);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const decode = decoder<HostEvent>();
    let host: Host | null = null;
    this.#sockets.add(socket);
    socket.on('data', (chunk) => {
      try {
        for (const event of decode(chunk)) {
          if (host !== null) this.#hear(host, event);
          else if (event.type === 'hello') host = this.#welcome(socket, event);
          else throw new Error(`a host spoke before its hello: ${event.type}`);
        }
      } catch (error) {
        this.#log.error({ err: error, host: host?.name }, 'a host was cut off');
        socket.destroy();
      }
    });
    socket.on('error', (error) => this.#log.warn({ err: error, host: host?.name }, 'a host’s stream failed'));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (host === null) return;
      this.#hosts.delete(host);
      this.#log.warn({ host: host.name }, 'host lost');
      this.#listener.lost(host);
    });
  }

  #welcome(socket: Socket, hello: Extract<HostEvent, { type: 'hello' }>): Host {
    const host = new Host(socket, hello.host, hello.role);
    this.#hosts.add(host);
    this.#log.info({ host: host.name, role: host.role, pid: hello.pid }, 'host arrived');
    host.send({ type: 'status', request: 'hello' });
    return host;
  }

  #hear(host: Host, event: HostEvent): void {
    host.heard = performance.now();
    if (event.type === 'commands') {
      host.commands = event.commands;
      return;
    }
    if (event.type !== 'status') {
      this.#listener.event(host, event);
      return;
    }
    const arrives = host.status === null;
    host.status = event.status;
    if (arrives) this.#listener.arrived(host);
  }

  #ask(): void {
    for (const host of this.#hosts) {
      if (performance.now() - host.heard > SILENT_MS) {
        this.#log.error({ host: host.name }, 'host silent');
        host.end();
      } else {
        host.send({ type: 'status', request: 'regular' });
      }
    }
  }
}
