import type { Command } from './command.ts';

/** An error Redis itself would answer, which the tap answers in its place. */
export type Refusal = 'LOADING' | 'READONLY' | 'OOM' | 'NOAUTH' | 'BUSY';

/**
 * One fault of the wire. `at` and `times` count the commands that name keys (a transaction counts
 * once, at its EXEC), from 1 and from the moment the fault is set; the handshake of a client never
 * counts. `times: null` means until the fault is lifted.
 */
export type Fault =
  /** The connection ends: `before` the server has the command, `after` it executed it, or in the middle of its reply. */
  | { kind: 'cut'; when: 'before' | 'after' | 'half-reply'; at: number; times: number | null }
  /** New connections are refused (see `Tap.strike`; reset until the doors are shut), and the present ones are ended. */
  | { kind: 'refuse' }
  /** From the `at`-th command on, nothing reaches the server for `ms` (null: until lifted); then everything goes on. */
  | { kind: 'stall'; at: number; ms: number | null }
  /** The tap answers `refusal` to the commands that a server in that state would refuse; `at` counts those. */
  | { kind: 'answer'; refusal: Refusal; at: number; times: number | null };

/** What a fault does to one command. */
export type Decision = 'pass' | 'cut' | 'cut-after' | 'half-reply' | 'stall' | { answer: string };

/** The words of Redis 7.4 for each refusal. */
const refusals: Record<Refusal, string> = {
  LOADING: 'LOADING Redis is loading the dataset in memory',
  READONLY: "READONLY You can't write against a read only replica.",
  OOM: "OOM command not allowed when used memory > 'maxmemory'.",
  NOAUTH: 'NOAUTH Authentication required.',
  BUSY: 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
};

const scripts = new Set(['EVAL', 'EVALSHA', 'FCALL']);

/** Counts the commands that pass and decides which of them a fault meets. */
export class FaultCount {
  readonly fault: Fault;
  #met = 0;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  /** Decides about a command that goes to the server next; each command is asked about once. */
  decide(command: Command): Decision {
    const { fault } = this;
    if (fault.kind === 'refuse' || !meets(fault, command)) return 'pass';
    this.#met++;
    if (this.#met < fault.at) return 'pass';
    if (fault.kind === 'stall') return this.#met === fault.at ? 'stall' : 'pass';
    if (fault.times !== null && this.#met >= fault.at + fault.times) return 'pass';
    if (fault.kind === 'answer') return { answer: refusals[fault.refusal] };
    return fault.when === 'before' ? 'cut' : fault.when === 'after' ? 'cut-after' : 'half-reply';
  }
}

function meets(fault: Fault, command: Command): boolean {
  if (fault.kind === 'answer') return refuses(fault.refusal, command);
  if (command.transaction) return command.transaction.length > 0;
  return !command.queued && command.spec?.keyed === true;
}

/** Whether a server in that state refuses the command, by the flags of its own COMMAND. */
function refuses(refusal: Refusal, { spec, name }: Command): boolean {
  if (spec === null) return false;
  switch (refusal) {
    case 'LOADING':
      return !spec.flags.has('loading');
    case 'BUSY':
      return !spec.flags.has('allow_busy');
    case 'NOAUTH':
      return !spec.flags.has('no_auth');
    case 'READONLY':
      return spec.flags.has('write') || scripts.has(name);
    case 'OOM':
      return spec.flags.has('denyoom') || scripts.has(name);
    default:
      throw new RangeError(refusal);
  }
}

/** What the server is sent instead of the EXEC of a transaction that the tap has broken. */
export const discard = Buffer.from('*1\r\n$7\r\nDISCARD\r\n');

/** What that EXEC is answered; `refusal` when it was refused itself, null when one of its commands was. */
export function abortAnswer(refusal: string | null): Buffer {
  const why = refusal === null ? ' previous errors.' : `: ${refusal}`;
  return Buffer.from(`-EXECABORT Transaction discarded because of${why}\r\n`);
}
