/** What Redis saw of a run, unfolded: advice, every command in time, totals, the keys that changed. */
import type { Message, RunReport, Trace, TraceCommand } from '../../../runner/protocol.ts';
import { duration, fr, size } from '../texts/fr.ts';
import { h } from './dom.ts';
import { keyspace } from './keyspace.ts';

const firstRows = 100;

/** Everything of a run. */
export function unfolded(report: RunReport, findings: Message[]): HTMLElement {
  const seen = report.trace;
  const facts = [
    fr.trace.connections(seen.connections),
    fr.trace.traffic(seen.bytesIn, seen.bytesOut),
    ...(seen.errors > 0 ? [fr.trace.errors(seen.errors)] : []),
  ];
  return h(
    'div',
    { class: 'trace-inside' },
    ...findings.map(finding),
    seen.commands > 0 ? h('h5', {}, fr.trace.timeline) : null,
    seen.commands > 0 ? h('p', { class: 'trace-facts' }, facts.join(' · ')) : null,
    seen.commands > 0 ? timeline(seen, report.durationMs) : null,
    seen.totals.length > 1 ? totals(seen) : null,
    h('h5', {}, fr.trace.keyspace),
    keyspace(report.keyspace),
  );
}

function finding({ fact, next }: Message): HTMLElement {
  return h(
    'div',
    { class: 'finding' },
    h('p', {}, fact),
    h('p', { class: 'finding-remedy' }, h('strong', {}, `${fr.trace.remedy} : `), next),
  );
}

/** Every command on its own line: when it started, how long it took, in which round trip. */
function timeline(seen: Trace, runMs: number): HTMLElement {
  const end = Math.max(runMs, ...seen.list.map((command) => command.startMs + command.durationMs), 0.001);
  const list = h('ol', { class: 'timeline', 'aria-label': fr.trace.timeline });
  const draw = (from: number, to: number) => {
    for (const [index, command] of seen.list.slice(from, to).entries()) {
      const previous = seen.list[from + index - 1];
      list.append(row(command, end, previous?.roundTrip !== command.roundTrip));
    }
  };
  draw(0, firstRows);
  const wrapper = h(
    'div',
    { class: 'timeline-scroll', tabindex: 0, role: 'region', 'aria-label': fr.trace.timeline },
    list,
  );
  const left = seen.list.length - firstRows;
  if (left > 0) {
    const more = h('button', { type: 'button', class: 'fold' }, fr.trace.moreRows(left));
    more.onclick = () => {
      draw(firstRows, seen.list.length);
      more.remove();
    };
    wrapper.append(more);
  }
  if (seen.commands > seen.list.length)
    wrapper.append(h('p', { class: 'trace-empty' }, fr.trace.rest(seen.commands - seen.list.length)));
  return wrapper;
}

function row(command: TraceCommand, end: number, opens: boolean): HTMLElement {
  const left = (command.startMs / end) * 100;
  const width = Math.max(0.6, (command.durationMs / end) * 100);
  const bar = h('span', {
    class: 'timeline-bar',
    style: `left:${Math.min(99, left).toFixed(2)}%;width:${Math.min(width, 100 - Math.min(99, left)).toFixed(2)}%`,
  });
  const summary = h(
    'summary',
    {},
    h(
      'span',
      { class: 'timeline-trip', title: fr.trace.roundTrip(command.roundTrip) },
      opens ? String(command.roundTrip) : '',
    ),
    h('code', { class: 'timeline-text' }, nodeOf(command), command.text),
    h('span', { class: 'timeline-lane', 'aria-hidden': 'true' }, bar),
    h('span', { class: 'timeline-time' }, duration(command.durationMs)),
  );
  const details = h('details', {}, summary);
  details.addEventListener(
    'toggle',
    () =>
      details.append(
        h(
          'dl',
          { class: 'timeline-reply' },
          h('dt', {}, fr.trace.reply),
          h('dd', {}, h('code', {}, command.reply || `(${command.replyKind})`)),
          h('dt', {}, fr.trace.start),
          h('dd', {}, duration(command.startMs)),
          h('dt', {}, fr.trace.bytes),
          h('dd', {}, fr.trace.traffic(command.argumentBytes, command.replyBytes)),
        ),
      ),
    { once: true },
  );
  return h('li', { class: rowClass(command, opens), 'data-reply': command.replyKind }, details);
}

/** Where a command went, when there are several places. */
function nodeOf({ node }: TraceCommand): HTMLElement | null {
  return node === undefined
    ? null
    : h('span', { class: 'timeline-node', title: fr.trace.node(node) }, `${node} `);
}

/** What a client says for itself when it connects: shown, but faintly. */
const housekeeping = /^(?:hello|client (?:setinfo|setname|id)|info|select|auth|readonly)\b/i;

function rowClass(command: TraceCommand, opens: boolean): string | null {
  const names = [opens ? 'opens' : '', housekeeping.test(command.text) ? 'housekeeping' : ''].filter(Boolean);
  return names.length > 0 ? names.join(' ') : null;
}

function totals(seen: Trace): HTMLElement {
  const rows = seen.totals.toSorted((a, b) => b.ms - a.ms);
  return h(
    'details',
    { class: 'totals' },
    h('summary', {}, fr.trace.totals),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...[fr.trace.command, fr.trace.calls, fr.trace.time, fr.trace.bytes].map((name) =>
            h('th', { scope: 'col' }, name),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((total) =>
          h(
            'tr',
            {},
            h('td', {}, h('code', {}, total.name)),
            h('td', {}, String(total.count)),
            h('td', {}, duration(total.ms)),
            h('td', {}, size(total.bytes)),
          ),
        ),
      ),
    ),
  );
}
