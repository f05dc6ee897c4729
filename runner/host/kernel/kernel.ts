/**
 * The kernels as a host sees them: what runs a learner's cells, and their answers to labs.
 *
 * A kernel belongs to one learner and one lesson, or to one phase of one attempt, and is killed
 * afterwards; it is claimed from a `KernelPool`. TypeScript and Python keep one process between cells;
 * Go compiles each cell and runs it in a box of its own, so its `box` changes with every run: use
 * `attach`, not `box.listener`, to serve the 6379 of whichever box is current.
 */
import type { Server } from 'node:net';
import type { Box, BoxExit, KernelFrame } from '../../../sandbox/run.ts';
import type { Language, Outcome } from '../protocol.ts';

/** One run of one cell. `name` is how stack traces name it (`cellule 3`). */
export interface CellRun {
  id: string;
  code: string;
  name: string;
  timeoutMs: number;
}

/**
 * What a run shows: the kernel's own frames, checked and capped, `done` included (it carries
 * `declares` and `reads`). The last `output` frame of a stream that said too much is `truncated`.
 */
export type RunFrame = Extract<KernelFrame, { id: string }> & { truncated?: true };

/** Why a run, a load or a call did not end well. */
export type Failure = Exclude<Outcome, { class: 'done' }>;

/** How a load ended: the names of the handlers, or why there are none. */
export type LoadEnd = { class: 'loaded'; handlers: string[] } | Failure;

/** How a call ended. The value is a claim of the learner's; the time is the host's, request written to reply read. */
export type CallEnd = { class: 'result'; value: unknown; durationMs: number } | Failure;

/** One language's kernel, claimed by one learner. No method ever rejects: an outcome says what went wrong. */
export interface Kernel {
  readonly language: Language;
  /** The box that holds the learner's process now; null between two Go runs. */
  readonly box: Box | null;
  /** False once the process is gone: the next run needs another kernel. */
  readonly alive: boolean;
  /** How the kernel ended, whoever ended it. */
  readonly ended: Promise<BoxExit>;
  /** Hands over the 127.0.0.1:6379 (and other ports) of the current box, and of every later box of this kernel. */
  attach(serve: (listener: Server, port: number) => void): void;
  /** Runs one cell; frames may still come after the outcome (a timer that prints). One run at a time: another waits. */
  run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome>;
  /** Stops the running cell, politely, then not; state and connections survive unless only a kill helped. */
  interrupt(): void;
  /** Loads an answer to a lab as a module whose exports are handlers. */
  load(code: string, name: string, timeoutMs: number): Promise<LoadEnd>;
  /** Calls one handler of the loaded answer; an unexpected reply ends the kernel and is a code error. */
  call(op: string, args: unknown[], timeoutMs: number, onFrame?: (frame: RunFrame) => void): Promise<CallEnd>;
  /** Makes its boxes, those to come included, a learner's. */
  give(owner: string): Promise<void>;
  /** Kills every process of the kernel; resolves when none is left. */
  kill(): Promise<BoxExit>;
}

/** How much of a learner's machine a kernel may use, MiB. */
export interface KernelNeeds {
  memory: number;
  disk: number;
  /** The ports its boxes open; 6379 alone when absent, which is what warm ones have. */
  ports?: readonly number[];
  /** Whose it is; see `Job`. */
  owner?: string;
}

/** Where kernels come from: warm ones, each claimed once. */
export interface KernelSource {
  /** A kernel nobody has used; at once if one is warm. Needs above the default start a fresh one. */
  claim(language: Language, needs?: KernelNeeds): Promise<Kernel>;
  /** Says how many clicks may come at the same time, so that as many kernels are warm. */
  expect(language: Language, clicks: number): void;
  /** How many kernels are warm and how many are claimed and alive. */
  readonly counts: { warm: number; used: number };
  /** Kills every kernel and starts no other. */
  close(): Promise<void>;
}
