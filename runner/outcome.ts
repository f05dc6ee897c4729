/** What to say of how a run, a kernel or an instance ended. */
import type {
  BoxExit,
  InstanceLoss,
  InstanceState,
  Outcome,
  RunReport,
  TopologyKind,
  Unsaved,
} from './host/protocol.ts';
import type { Message } from './protocol.ts';
import { french, sentences } from './texts/fr.ts';

/** A report for a run that the platform could not finish. */
export function platformReport(code: string, durationMs = 0): RunReport {
  return {
    outcome: { class: 'platform', code, data: {} },
    durationMs,
    trace: {
      roundTrips: 0,
      commands: 0,
      errors: 0,
      redisMs: 0,
      bytesIn: 0,
      bytesOut: 0,
      connections: 0,
      list: [],
      totals: [],
      findings: [],
    },
    keyspace: { created: [], changed: [], deleted: [], more: 0 },
    phases: {},
  };
}

/** The sentence under a cell, or null when the output says it all. */
export function messageOf(outcome: Outcome): Message | null {
  switch (outcome.class) {
    case 'done':
      return outcome.hint === undefined ? null : french(outcome.hint);
    case 'code-error': {
      const code = `error-${outcome.error.code}`;
      return Object.hasOwn(sentences, code) ? french(code) : null;
    }
    case 'interrupted':
      return french('interrupted');
    case 'limit':
      return french(`limit-${outcome.limit}${outcome.together ? '-together' : ''}`, {
        amount: outcome.amount,
        seconds: outcome.amount / 1000,
      });
    case 'kernel-ended':
      return exitMessage(outcome.exit);
    default:
      return french(Object.hasOwn(sentences, outcome.code) ? outcome.code : 'platform', outcome.data);
  }
}

/** What to say of a kernel that is no more. */
export function exitMessage(exit: BoxExit): Message {
  switch (exit.reason) {
    case 'ended':
      return french('kernel-ended', { exit: exit.code ?? 0 });
    case 'memory':
      return french('kernel-memory');
    case 'crashed':
      return french('kernel-crashed', { signal: exit.signal ?? `code ${exit.code ?? '?'}` });
    default:
      return french('kernel-killed');
  }
}

/** What to say of what is not kept of an instance in this state; `minutes` are left before it is stopped. */
export function unsavedMessage(state: InstanceState, { why, limit }: Unsaved, minutes = 0): Message {
  return french(`unsaved-${state}${why === 'too-large' ? '' : '-unreadable'}`, { limit, minutes });
}

/** What to say of an instance's new state, when there is something to say. */
export function instanceMessage(
  state: InstanceState,
  why: InstanceLoss | undefined,
  topology?: TopologyKind,
): Message | null {
  if (why === undefined || state === 'frozen') return null;
  if (topology !== undefined) return french(why.cause === 'reset' ? 'topology-reset' : 'topology-lost');
  return french(
    `instance-${why.cause}${why.together ? '-together' : ''}`,
    why.keysLost === null ? {} : { keysLost: why.keysLost },
  );
}

/** The anti-patterns that a run's trace shows, in words. */
export function findingMessages(report: RunReport): Message[] {
  return report.trace.findings
    .filter((finding) => Object.hasOwn(sentences, finding.id))
    .map((finding) => french(finding.id, finding.data));
}
