/** A verdict, as the learner reads it: what it is, why, what it cost, how fast it was. */
import type { ShownCheck, ShownVerdict } from '../../../runner/protocol.ts';
import { count, duration, fr } from '../texts/fr.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { sentence } from './message.ts';
import { draw } from './display.ts';

const marks = { passed: 'check', failed: 'cross', 'not-checked': 'dash' } as const;

/** One check: its state, its words, and the race that broke it, drawn. */
export function checkItem(check: ShownCheck): HTMLElement {
  const head = h(
    'p',
    { class: 'check-head' },
    h('span', { class: 'check-mark' }, icon(marks[check.state])),
    h('span', { class: 'check-title' }, check.title || fr.lab.hidden),
    h('span', { class: 'check-axis' }, fr.lab.axis[check.axis] ?? check.axis),
    h('span', { class: 'check-state' }, fr.lab.state[check.state] ?? check.state),
  );
  const item = h('li', { class: 'check', 'data-state': check.state, 'data-check': check.id }, head);
  if (check.message && check.state !== 'passed') item.append(sentence(check.message));
  if (check.timeline && check.timeline.length > 0) item.append(race(check.timeline));
  return item;
}

/** The whole verdict but its checks, which stream before it; `wait` says what is still to come, if anything is. */
export function verdictBox(verdict: ShownVerdict, wait: string | null): HTMLElement {
  const box = h(
    'div',
    { class: 'verdict', 'data-class': verdict.class },
    h(
      'p',
      { class: 'verdict-head' },
      h('strong', {}, fr.lab.verdict[verdict.class] ?? verdict.class),
      h('span', {}, fr.lab.points(verdict.points, verdict.outOf)),
    ),
    sentence(verdict.message),
  );
  const { error, cost, latency } = verdict;
  if (error) {
    const place = error.line === undefined ? '' : ` (${fr.output.line(error.line)})`;
    box.append(h('p', { class: 'error-text' }, h('strong', {}, `${error.name}${place} : `), error.message));
  }
  if (cost) box.append(costTable(cost));
  if (wait !== null) box.append(h('p', { class: 'verdict-wait' }, wait));
  if (latency && latency.state !== 'measuring') box.append(latencyPart(latency));
  return box;
}

function costTable(cost: NonNullable<ShownVerdict['cost']>): HTMLElement {
  const row = (name: string, value: number, budget: number | undefined) =>
    h(
      'div',
      { 'data-over': budget !== undefined && value > budget ? 'true' : null },
      h('dt', {}, name),
      h(
        'dd',
        {},
        count(Math.round(value * 100) / 100),
        budget === undefined ? null : h('small', {}, ` ${fr.lab.budget(budget)}`),
      ),
    );
  return h(
    'section',
    { class: 'cost' },
    h('h4', {}, fr.lab.costTitle),
    h(
      'dl',
      {},
      row(fr.lab.roundTrips, cost.roundTrips, cost.budget.roundTrips),
      row(fr.lab.commands, cost.commands, cost.budget.commands),
      row(fr.lab.bytes, cost.bytes, cost.budget.bytes),
    ),
  );
}

function latencyPart(latency: NonNullable<ShownVerdict['latency']>): HTMLElement {
  const [low, point, high] = latency.ratio.mean;
  return h(
    'section',
    { class: 'latency' },
    h('h4', {}, fr.lab.latency),
    h('p', {}, fr.lab.ratio(point, low, high), ' ', fr.lab.budgetRatio(latency.budget)),
    interval(latency),
    h(
      'p',
      { class: 'latency-small' },
      fr.lab.control(latency.control[0], latency.control[2]),
      ' ',
      fr.lab.load(latency.loadAverage),
      latency.irregular ? ` ${fr.lab.irregular}` : '',
    ),
    latency.learner.length > 0
      ? draw({
          kind: 'histogram',
          unit: 'ms',
          series: [
            { name: fr.lab.you, values: latency.learner },
            { name: fr.lab.reference, values: latency.reference },
          ],
        })
      : null,
    latency.targetP99Ms === null
      ? null
      : h('p', { class: 'latency-small' }, fr.lab.target(latency.targetP99Ms)),
  );
}

/** The interval of the ratio on a ruler, with the budget as a line. */
function interval(latency: NonNullable<ShownVerdict['latency']>): HTMLElement {
  const [low, point, high] = latency.ratio.mean;
  const end = Math.max(high, latency.budget, 1) * 1.15;
  const at = (value: number) => `${((value / end) * 100).toFixed(1)}%`;
  return h(
    'div',
    { class: 'interval', 'aria-hidden': 'true' },
    h('span', { class: 'interval-budget', style: `left:${at(latency.budget)}` }),
    h('span', { class: 'interval-one', style: `left:${at(1)}` }),
    h('span', {
      class: 'interval-range',
      style: `left:${at(low)};width:${(((high - low) / end) * 100).toFixed(1)}%`,
    }),
    h('span', { class: 'interval-point', style: `left:${at(point)}` }),
  );
}

/** A race: one column a process, in the order things happened. */
function race(moments: NonNullable<ShownCheck['timeline']>): HTMLElement {
  const processes = [...new Set(moments.map(({ process }) => process))];
  const rows = moments.map((moment) =>
    h(
      'tr',
      { 'data-held': moment.held ? 'true' : null },
      h('td', { class: 'number' }, duration(moment.ms)),
      ...processes.map((process) =>
        h(
          'td',
          {},
          ...(process === moment.process
            ? [h('code', {}, moment.command), h('span', { class: 'race-reply' }, ` → ${moment.reply}`)]
            : []),
        ),
      ),
    ),
  );
  return h(
    'div',
    { class: 'race table-scroll', tabindex: 0, role: 'region', 'aria-label': fr.lab.race },
    h('p', {}, fr.lab.race),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, fr.trace.start),
          ...processes.map((process) => h('th', { scope: 'col' }, process)),
        ),
      ),
      h('tbody', {}, ...rows),
    ),
  );
}
