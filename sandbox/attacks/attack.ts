/**
 * What an attack is: a hostile program that tries to have an effect, and the trusted side that looks
 * whether it had it.
 *
 * Theory of operation. Each file of a folder here is one attack with a cause of its own. Its first
 * line says how it works and, after `→`, what is expected of the walls. It is given a ground: boxes,
 * Redis servers, a whole site, a grader, all real. It answers with what was observed, from outside of
 * the box where that can be, and whether the effect was had. That an attack can succeed at all is
 * proved by the controls (removals.ts): without its wall it does.
 */
import type { Socket } from 'node:net';
import type { CellResult, RunningRedis } from '../experiment.ts';
import type { Box, Program, RedisSetting, Sandbox } from '../run.ts';

/** What came of an attack. */
export interface Outcome {
  /** Whether the attacker got what the walls are there to refuse. */
  effect: boolean;
  observed: string;
}

/** One hostile program; whatever it opened on the ground is closed after it. */
export type Attack = (ground: Ground) => Promise<Outcome>;

/** A listener of the machine that no box may reach. */
export interface Listener {
  port: number;
  /** What reached it so far: connections, or datagrams. */
  reached: number;
}

// oxlint-disable-next-line typescript/no-explicit-any -- attacks look at whatever a server may say
export type Said = Record<string, any>;

/** A learner at a page of a whole site, in the words of the WebSocket. */
export interface Visitor {
  learner: string;
  cookie: string;
  /** Every message heard so far. */
  heard: Said[];
  send(message: object): void;
  /** Sends text that may be no message at all. */
  raw(text: string): void;
  /** Stops reading what the server says. */
  pause(): void;
  /** The next or an earlier message of a type that fits. */
  hear(type: string, fits?: (message: Said) => boolean): Promise<Said>;
  /** Runs a cell to its end; `text` is what it printed. */
  run(code: string, language?: string): Promise<{ ended: Said; text: string }>;
  close(): Promise<void>;
}

/** A server with its hosts, as learners reach it. */
export interface Site {
  address: string;
  /** Where the server keeps what it keeps. */
  data: string;
  visitor(cookie?: string): Promise<Visitor>;
  /** Resident memory of the trusted programs, bytes. */
  memory(): number;
  /** The pids of the trusted programs; a new one is one that died. */
  programs(): number[];
}

/** What a grading gave. */
export interface Graded {
  class: string;
  /** The code of the verdict and of the failed checks. */
  why: string[];
  points: number;
  outOf: number;
}

/** A tap in front of a server of the attacker's, or of a Redis in a box. */
export interface Tapped {
  port: number;
  connections(): number;
  outstanding(): number;
}

/** Everything an attack may stand on. */
export interface Ground {
  sandbox: Sandbox;
  /** A box for this attack alone. */
  box(program: Program, needs?: { memory?: number; disk?: number; owner?: string }): Promise<Box>;
  /** What code printed in a box that attacks share; a cell that fails is an error of the attack. */
  python(code: string): Promise<string>;
  typescript(code: string): Promise<string>;
  /** The same in a box of one's own; how it ended is part of the answer. */
  run(box: Box, code: string, lateMs?: number): Promise<CellResult>;
  /** Compiles one Go program and starts it as a box. */
  go(source: string): Promise<Box>;
  /** A Redis for this attack alone. */
  redis(setting?: Partial<RedisSetting>): Promise<RunningRedis>;
  /** Listens on this machine, where boxes should not reach. */
  listen(where: { host?: string; path?: string; datagrams?: boolean }): Promise<Listener>;
  /** A file of this machine that holds a secret anybody here may read; its path. */
  secret(text: string): string;
  /** Called when the attack is over, the last one first. */
  after(end: () => unknown): void;
  site(): Promise<Site>;
  /** The reference's own answer to the lab that cheats are made for, and a grading of another one. */
  solution: string;
  grade(code: string, timed?: boolean): Promise<Graded>;
  /** A tap in front of a server that says what it likes. */
  tapped(server: (socket: Socket) => void): Promise<Tapped>;
  /** What comes of a question that a host asks the server behind this socket, as it asks its instances. */
  hostAsks(socket: string): Promise<string>;
  /** An instance as a host holds one: watched over, with the tap that its learner reaches. */
  instance(): Promise<Held>;
}

/** A host's hold on an instance. */
export interface Held {
  /** The port of its tap, for a learner's client. */
  port: number;
  /** Resolves with why it was lost. */
  lost: Promise<{ cause: string }>;
  /** Whether the host's own connection answers. */
  answers(): Promise<boolean>;
  /** Says that something of the learner runs. */
  use(): () => void;
}

/** Types an attack. */
export function attack(program: Attack): Attack {
  return program;
}
