/** What Redis saw of a run: one line with the run's own small wire; all of it is loaded when unfolded. */
import type {
  KeyspaceDifference,
  Message,
  RunReport,
  Trace,
  TraceCommand,
} from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h, svg } from './dom.ts';

/** The line under a cell, folded. */
export function trace(report: RunReport, findings: Message[]): HTMLElement {
  const seen = report.trace;
  const changes = changesOf(report.keyspace);
  if (seen.commands === 0 && changes === 0) return h('p', { class: 'trace trace-none' }, fr.trace.none);
  const summary = h(
    'summary',
    {},
    h('span', { class: 'trace-wire' }, wire(seen, report.durationMs)),
    h('span', { class: 'trace-summary' }, fr.trace.summary(seen.roundTrips, seen.commands, seen.redisMs)),
    changes > 0 ? h('span', { class: 'trace-changes' }, fr.trace.changes(changes)) : null,
    findings.length > 0 ? h('span', { class: 'trace-findings' }, fr.trace.findings(findings.length)) : null,
  );
  const details = h('details', { class: 'trace' }, summary);
  const unfold = async () => details.append((await import('./unfolded.ts')).unfolded(report, findings));
  details.addEventListener('toggle', () => void unfold(), { once: true });
  return details;
}

/** The round trips as ticks on a line, from the start of the run to its end. */
function wire(seen: Trace, runMs: number): SVGElement {
  const width = 120;
  const scale = width / Math.max(runMs, 0.001);
  const line = svg('path', { class: 'wire-line', d: `M0 8H${width}` });
  const starts = new Map<number, TraceCommand>();
  for (const command of seen.list) if (!starts.has(command.roundTrip)) starts.set(command.roundTrip, command);
  const ticks = [...starts.values()].slice(0, 120).map((command) => {
    const x = Math.min(width - 1, Math.max(1, command.startMs * scale));
    return svg('path', {
      class: command.replyKind === 'error' ? 'wire-tick wire-error' : 'wire-tick',
      d: `M${x.toFixed(1)} 3V13`,
    });
  });
  return svg('svg', { viewBox: `0 0 ${width} 16`, width, height: 16, 'aria-hidden': 'true' }, line, ...ticks);
}

/** How many keys a run touched. */
const changesOf = (difference: KeyspaceDifference) =>
  difference.created.length + difference.changed.length + difference.deleted.length + difference.more;
