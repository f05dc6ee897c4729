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
import type { Server } from 'node:net';
import type { Command } from './command.ts';
import type { Fault } from './fault.ts';
import type { Recording, RecordingOptions } from './trace.ts';

/** A relay with powers. Every power is off at first. */
export interface Tap {
  /** Milliseconds added between a reply and its delivery; a pipeline pays once. */
  roundTripMs: number;
  /** The fault in force; null lifts it. Setting one starts its counts again. */
  fault: Fault | null;
  /** Connections of the box open now. */
  readonly connections: number;
  /** Commands that wait for their reply now. */
  readonly outstanding: number;
  /** Answers on this listener too: a box's 127.0.0.1:6379, as the sandbox hands it over. */
  serve(listener: Server): void;
  /** Relays to this instance from now on, and ends the connections to the former one; null makes new ones wait. */
  connect(socketPath: string | null): void;
  /** Starts a window in which commands are counted and, unless told otherwise, listed. Windows may overlap. */
  record(options?: RecordingOptions): Recording;
  /** Tells of every command, until the function it returns is called. */
  observe(observer: Observer): () => void;
  /** Ends every connection now, the way a server that dies does. */
  cut(): void;
  /** Ends everything, the listeners included. */
  close(): void;
}

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
  connected?(connection: number): void;
  disconnected?(connection: number): void;
}
