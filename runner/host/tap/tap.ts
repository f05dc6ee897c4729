/**
 * The tap: a RESP relay between one box's 127.0.0.1:6379 and one instance's Unix socket.
 *
 * Theory of operation. One tap per process: a lesson has one per kernel and one for the terminal; the
 * grader has one per process of an attempt, several of them on one instance. For every connection the
 * box makes, the tap opens one to the instance and passes bytes both ways, unchanged; beside them two
 * incremental scanners find the ends of commands and of replies and keep a small description of each
 * (command.ts). Nothing is buffered: a reader that is slow stops the writer at the other end. Bytes of
 * a command's last chunk are the only ones that may wait here, while a fault or a schedule decides.
 *
 * Round trips are exact when the client's next command comes later than the client could have read the
 * reply: with `roundTripMs` of 1 or more the count is deterministic, with 0 it is so in practice.
 */
import type { Server, Socket } from 'node:net';
import type { CommandTable } from './command-table.ts';
import type { Passage } from './command-reader.ts';
import type { Command } from './command.ts';
import { Connection } from './connection.ts';
import { shutDoor, type ShutDoor } from './door.ts';
import { FaultCount, type Decision, type Fault } from './fault.ts';
import type { OwnCommands } from './own-commands.ts';
import type { Relay } from './relay.ts';
import { Recorder, type Recording, type RecordingOptions } from './trace.ts';

/** Connections of one box at the same time; the instance itself allows fewer. */
const mostConnections = 512;
const mostWaiting = 131_072;
/** How long a connection made while there is no instance waits for one. */
const patience = 5000;

/** Who wants to know of commands as they pass. Called in the relay's own turn: be brief, never throw. */
export interface Observer {
  /** The command came whole from the client; it may yet be held. */
  arrived?(command: Command): void;
  /** It was given to the server. */
  forwarded?(command: Command): void;
  /** The server has executed it: its reply came whole. */
  executed?(command: Command): void;
  /** Its reply was given to the client, or none will ever be (see `state`). */
  finished?(command: Command): void;
  /** Bytes that answer no command: Pub/Sub messages, MONITOR's lines, invalidations. */
  pushed?(bytes: number): void;
  connected?(connection: number): void;
  disconnected?(connection: number): void;
}

/** Decides when a command may go to the server: true at once, or false and `release` is called once, later. */
export interface Gate {
  admit(command: Command, release: () => void): boolean;
}

/** What numbers connections and round trips: the taps of one process share it, so that a number is one thing. */
export interface TapCounts {
  connections: number;
  roundTrips: number;
}

/** A relay with powers. Every power is off at first. */
export class Tap {
  /** Milliseconds added between a reply and its delivery; a pipeline pays once. */
  roundTripMs = 0;
  /** Who holds commands (see hold.ts); nobody at first. */
  gate: Gate | null = null;
  /** The commands of the host that MONITOR must not show. */
  hidden: OwnCommands | null = null;
  /** Commands that wait for their reply now. */
  outstanding = 0;
  readonly #commands: CommandTable;
  readonly #listeners = new Set<Server>();
  #shut: ShutDoor[] = [];
  readonly #open = new Set<Connection>();
  readonly #observers = new Set<Observer>();
  readonly #relay: Relay;
  readonly #counts: TapCounts;
  #waiting: { client: Socket; timer: NodeJS.Timeout }[] = [];
  #socketPath: string | null = null;
  #fault: FaultCount | null = null;
  #stalled: { releases: (() => void)[]; timer: NodeJS.Timeout | null } | null = null;

  /** `commands`: which command names which keys, from the instance's own COMMAND. */
  constructor(commands: CommandTable, counts: TapCounts = { connections: 0, roundTrips: 0 }) {
    this.#commands = commands;
    this.#counts = counts;
    this.#relay = this.#makeRelay();
  }

  /** The fault in force; null lifts it. Setting one starts its counts again. */
  get fault(): Fault | null {
    return this.#fault?.fault ?? null;
  }

  set fault(fault: Fault | null) {
    this.#fault = fault && new FaultCount(fault);
    this.#goOn();
    if (fault?.kind === 'refuse') this.cut();
  }

  /**
   * Puts a fault in force and resolves once it is wholly: connections are then refused by the kernel, not
   * only reset. What was refused is let in again first; where no door can be shut, they are reset.
   */
  async strike(fault: Fault | null): Promise<void> {
    for (const door of this.#shut.splice(0)) this.serve(await door.open());
    this.fault = fault;
    if (fault?.kind !== 'refuse') return;
    const listeners = [...this.#listeners];
    const doors = await Promise.allSettled(listeners.map(shutDoor));
    for (const [place, door] of doors.entries()) {
      if (door.status === 'rejected') continue;
      this.#listeners.delete(listeners[place]);
      this.#shut.push(door.value);
    }
  }

  /** Connections of the box open now. */
  get connections(): number {
    return this.#open.size;
  }

  /** Answers on this listener too: a box's 127.0.0.1:6379, as the sandbox hands it over. */
  serve(listener: Server): void {
    this.#listeners.add(listener);
    // A client that has said its last word still reads the answers.
    Object.assign(listener, { allowHalfOpen: true });
    listener.on('connection', (client) => this.#accept(client));
    listener.on('error', () => {});
    listener.on('close', () => this.#listeners.delete(listener));
  }

  /** Relays to this instance from now on, and ends the connections to the former one; null makes new ones wait. */
  connect(socketPath: string | null): void {
    if (socketPath === this.#socketPath) return;
    if (this.#socketPath !== null) this.cut();
    this.#socketPath = socketPath;
    if (socketPath === null) return;
    for (const { client, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      this.#accept(client);
    }
  }

  /** Starts a window in which commands are counted and, unless told otherwise, listed. Windows may overlap. */
  record(options: RecordingOptions = {}): Recording {
    const recorder = new Recorder(options, () => stop());
    const stop = this.join(recorder);
    return recorder;
  }

  /** Lets a recording count what passes here too, until the function it returns is called; `node` is where it goes. */
  join(recorder: Recorder, node?: number): () => void {
    for (const connection of this.#open) recorder.found(connection.number);
    return this.observe(node === undefined ? recorder : recorder.at(node));
  }

  /** Tells of every command, until the function it returns is called. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Ends every connection now, the way a server that dies does. */
  cut(): void {
    for (const connection of this.#open) connection.cut(false);
  }

  /** Ends everything, the listeners included. */
  close(): void {
    this.#fault = null;
    this.#goOn();
    this.cut();
    for (const { client, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      client.destroy();
    }
    for (const listener of this.#listeners) listener.close();
    for (const door of this.#shut.splice(0)) door.drop();
  }

  #accept(client: Socket): void {
    if (client.destroyed) return;
    if (this.#fault?.fault.kind === 'refuse' || this.#open.size + this.#waiting.length >= mostConnections) {
      client.on('error', () => {});
      client.resetAndDestroy();
    } else if (this.#socketPath === null) {
      client.on('error', () => {});
      client.pause();
      this.#waiting.push({ client, timer: setTimeout(() => client.resetAndDestroy(), patience) });
      this.#waiting = this.#waiting.filter((waiting) => !waiting.client.destroyed);
    } else {
      const connection = new Connection(this.#relay, ++this.#counts.connections, client, this.#socketPath);
      this.#open.add(connection);
      // A client that waited for an instance was paused, and a new listener alone does not wake it.
      client.resume();
      for (const observer of this.#observers) observer.connected?.(connection.number);
    }
  }

  #decide(command: Command): Decision {
    const decision = this.#fault?.decide(command) ?? 'pass';
    if (decision === 'stall') this.#stall();
    return decision;
  }

  #admit(command: Command, release: () => void): boolean {
    if (this.#stalled) {
      this.#stalled.releases.push(release);
      return false;
    }
    return this.gate?.admit(command, release) ?? true;
  }

  #stall(): void {
    if (this.#stalled || this.#fault?.fault.kind !== 'stall') return;
    const { ms } = this.#fault.fault;
    this.#stalled = { releases: [], timer: ms === null ? null : setTimeout(() => this.#goOn(), ms) };
  }

  /** Ends a stall: everything that waited goes to the server, in order. */
  #goOn(): void {
    const stalled = this.#stalled;
    if (!stalled) return;
    this.#stalled = null;
    if (stalled.timer) clearTimeout(stalled.timer);
    for (const release of stalled.releases) release();
  }

  #makeRelay(): Relay {
    // oxlint-disable-next-line typescript/no-this-alias -- the getters below are the relay's own
    const tap = this;
    const tell = (what: 'arrived' | 'forwarded' | 'executed' | 'finished') => (command: Passage) => {
      for (const observer of tap.#observers) observer[what]?.(command);
    };
    const finished = tell('finished');
    const arrived = tell('arrived');
    return {
      commands: this.#commands,
      get roundTripMs() {
        return tap.roundTripMs;
      },
      get hidden() {
        return tap.hidden;
      },
      get armed() {
        return tap.#fault !== null || tap.gate !== null || tap.#stalled !== null;
      },
      get mostWaiting() {
        return Math.floor(mostWaiting / Math.max(1, tap.#open.size));
      },
      roundTrip: () => ++tap.#counts.roundTrips,
      decide: (command) => tap.#decide(command),
      admit: (command, release) => tap.#admit(command, release),
      arrived: (command) => {
        tap.outstanding++;
        arrived(command);
      },
      forwarded: tell('forwarded'),
      executed: tell('executed'),
      finished: (command) => {
        tap.outstanding--;
        finished(command);
      },
      pushed: (bytes) => {
        for (const observer of tap.#observers) observer.pushed?.(bytes);
      },
      closed: (connection) => {
        tap.#open.delete(connection);
        for (const observer of tap.#observers) observer.disconnected?.(connection.number);
      },
    };
  }
}
