/**
 * What a browser and the server say to each other: HTTP for what is kept, one WebSocket a page for
 * what runs. One JSON object a message. `npm run cell` and `npm run grade` speak it too.
 *
 * HTTP (same origin, JSON, cookie `atelier` = the learner's token, made by POST /api/learner):
 *   GET  /healthz                      → Health
 *   POST /api/learner                  → {learner}      makes an anonymous learner when there is none
 *   GET  /api/lessons/:lesson          → LessonState    drafts, outputs, progress of this learner
 *   GET  /api/labs/:lab                → LabState       draft, attempts and verdicts of this learner
 *   GET  /api/progress                 → Progress
 *   GET  /api/attempts/:attempt        → Attempt
 *   GET  /api/commands                 → CommandHelp[]  what the server's Redis says of its commands
 *   GET  /metrics                      → Prometheus text (operators; loopback only)
 * WebSocket /ws                        ClientMessage up, ServerMessage down.
 */
import type {
  CheckResult,
  CodeError,
  CommandHelp,
  Data,
  Display,
  Fault,
  Finding,
  InstanceLoss,
  InstanceState,
  KernelState,
  KeyContent,
  KeySummary,
  KeyspaceDifference,
  Language,
  Outcome,
  RunReport,
  TopologyKind,
  Trace,
  TraceCommand,
  Verdict,
  Wall,
} from './host/protocol.ts';

export type {
  CheckResult,
  CodeError,
  CommandHelp,
  Data,
  Display,
  Fault,
  Finding,
  InstanceLoss,
  InstanceState,
  KernelState,
  KeyContent,
  KeySummary,
  KeyspaceDifference,
  Language,
  Outcome,
  RunReport,
  TopologyKind,
  Trace,
  TraceCommand,
  Verdict,
  Wall,
};

export interface Health {
  status: 'ok' | 'starting' | 'degraded';
  redis: { version: string; modules: { name: string; version: string }[] };
  sandbox: { driver: string; walls: Wall[] };
}

/**
 * Browser → server. `lesson` is a lesson id (`16-05`) or a lab id (`16-05a-fenetre-fixe`); `topology` names
 * the nodes that a cell of it runs on, apart from the lesson's own instance and kernels.
 */
export type ClientMessage =
  | { type: 'hello'; lesson: string }
  | {
      type: 'run';
      lesson: string;
      cell: string;
      language: Language;
      code: string;
      topology?: TopologyKind;
      roundTripMs?: number;
      fault?: Fault;
    }
  | { type: 'interrupt'; lesson: string; cell: string }
  | { type: 'restart'; lesson: string; language: Language; topology?: TopologyKind }
  | { type: 'reset'; lesson: string; topology?: TopologyKind }
  /** Autosave. `revision` counts this learner's saves of the cell; the later one wins. `basis` is the hash of the course's code it was edited from. */
  | {
      type: 'draft';
      lesson: string;
      cell: string;
      language: Language;
      code: string;
      revision: number;
      basis: string;
    }
  | { type: 'forget-draft'; lesson: string; cell: string; language: Language }
  | { type: 'terminal-open'; lesson: string; terminal: string; columns: number; rows: number }
  | { type: 'terminal-input'; lesson: string; terminal: string; data: string }
  | { type: 'terminal-resize'; lesson: string; terminal: string; columns: number; rows: number }
  | { type: 'terminal-close'; lesson: string; terminal: string }
  | { type: 'keys'; lesson: string; request: string; pattern: string; cursor: string }
  | { type: 'key'; lesson: string; request: string; key: string }
  | { type: 'verify'; lab: string; language: Language; code: string }
  | { type: 'hint'; lab: string; level: number }
  | { type: 'solution'; lab: string; language: Language };

/** Server → browser. Every `message` is French and complete: a fact and the next step. */
export type ServerMessage =
  | {
      type: 'welcome';
      learner: string;
      server: string;
      sandbox: { driver: string; missing: string[] };
      languages: Language[];
    }
  /** `restMs`: it waits for that long because the learner's runs have said more than their share. */
  | { type: 'queued'; lesson: string; cell: string; run: string; place: number; restMs?: number }
  | { type: 'started'; lesson: string; cell: string; run: string }
  /** `truncated` marks the last text of a stream that said more than it may. */
  | {
      type: 'output';
      lesson: string;
      cell: string;
      run: string;
      stream: 'stdout' | 'stderr';
      text: string;
      truncated?: true;
    }
  | { type: 'display'; lesson: string; cell: string; run: string; item: Display }
  | {
      type: 'ended';
      lesson: string;
      cell: string;
      run: string;
      report: RunReport;
      message: Message | null;
      findings: Message[];
    }
  /** Of the lesson's own kernels and instance, unless `topology` names its nodes and their kernels. */
  | {
      type: 'kernel';
      lesson: string;
      topology?: TopologyKind;
      language: Language;
      state: KernelState;
      message: Message | null;
    }
  | {
      type: 'instance';
      lesson: string;
      topology?: TopologyKind;
      state: InstanceState;
      message: Message | null;
    }
  | { type: 'saved'; lesson: string; cell: string; revision: number }
  | { type: 'terminal-output'; lesson: string; terminal: string; data: string }
  | { type: 'terminal-ended'; lesson: string; terminal: string; message: Message | null }
  | { type: 'keys'; lesson: string; request: string; keys: KeySummary[]; cursor: string; total: number }
  | { type: 'key'; lesson: string; request: string; key: KeyContent | null }
  | { type: 'attempt'; lab: string; attempt: string; place: number }
  | { type: 'check'; lab: string; attempt: string; check: ShownCheck }
  | { type: 'verdict'; lab: string; attempt: string; verdict: ShownVerdict; final: boolean }
  /** The place in the queue for the measure of latency, while it waits; 0 when its turn has come. */
  | { type: 'timing'; lab: string; attempt: string; place: number }
  | { type: 'hint'; lab: string; level: number; markdown: string }
  | { type: 'solution'; lab: string; language: Language; code: string }
  /** A request that could not be taken. It costs the learner nothing. */
  | {
      type: 'refused';
      code: string;
      message: Message;
      lesson?: string;
      cell?: string;
      lab?: string;
      request?: string;
    };

/** A sentence for a person: a fact, and what to do next. */
export interface Message {
  code: string;
  fact: string;
  next: string;
}

/** What a cell last showed, kept with the lesson. */
export interface KeptOutput {
  cell: string;
  language: Language;
  code: string;
  items: (
    | { type: 'output'; stream: 'stdout' | 'stderr'; text: string; truncated?: true }
    | { type: 'display'; item: Display }
  )[];
  report: RunReport;
  message: Message | null;
  findings: Message[];
  at: number;
}

export interface LessonState {
  lesson: string;
  drafts: { cell: string; language: Language; code: string; revision: number; basis: string; at: number }[];
  outputs: KeptOutput[];
}

export interface Attempt {
  attempt: string;
  lab: string;
  language: Language;
  code: string;
  at: number;
  verdict: ShownVerdict | null;
}

export interface LabState {
  lab: string;
  drafts: LessonState['drafts'];
  attempts: Attempt[];
  hints: number;
  solved: boolean;
  /** Answers that may still be handed in; null for as many as one likes. */
  attemptsLeft: number | null;
  /** Epoch milliseconds; null when there is no date. */
  due: number | null;
  /** Points that each opened hint takes away. */
  hintCost: number;
  /** Whether the solution may be asked for. */
  solutionShown: boolean;
}

export interface Progress {
  lessons: { lesson: string; cellsDone: string[]; at: number }[];
  labs: { lab: string; solved: boolean; attempts: number; at: number }[];
}

/** A check and a verdict as a learner may see them: hidden checks without title or values. */
export type ShownCheck = Omit<CheckResult, 'data'> & { message: Message | null };
export type ShownVerdict = Omit<Verdict, 'checks'> & { checks: ShownCheck[]; message: Message };
