/** What is kept of a run: its output as it came, bounded, and a report cut to fit. */
import type { RunReport } from './host/protocol.ts';
import type { KeptOutput } from './protocol.ts';

type Item = KeptOutput['items'][number];

/** The output of one run as far as it is kept. */
export class Kept {
  readonly items: Item[] = [];
  readonly #limit: number;
  #size = 0;
  #full = false;

  /** At most `limit` bytes are kept, the report included. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds what the run showed; what no longer fits leaves a mark. */
  add(item: Item): void {
    if (this.#full) return;
    const last = this.items.at(-1);
    const joined =
      item.type === 'output' && last?.type === 'output' && last.stream === item.stream && !last.truncated
        ? last
        : null;
    const size = sizeOf(joined !== null && item.type === 'output' ? item.text : item);
    if (this.#size + size > (this.#limit * 3) / 4) {
      this.#full = true;
      this.items.push({ type: 'output', stream: 'stderr', text: '', truncated: true });
      return;
    }
    this.#size += size;
    if (joined !== null && item.type === 'output') {
      joined.text += item.text;
      if (item.truncated) joined.truncated = true;
    } else {
      this.items.push({ ...item });
    }
  }

  /** The report with as much of its trace and keys as still fits. */
  fit(report: RunReport): RunReport {
    const room = this.#limit - this.#size;
    for (const most of [2_000, 500, 100, 20, 0]) {
      const cut = cutTo(report, most);
      if (sizeOf(cut) <= room) return cut;
    }
    return { ...cutTo(report, 0), outcome: withoutValue(report.outcome) };
  }
}

function cutTo(report: RunReport, most: number): RunReport {
  const { trace, keyspace } = report;
  const list = trace.list.slice(0, most);
  return {
    ...report,
    trace: {
      ...trace,
      list,
      findings: trace.findings.map((finding) => ({
        ...finding,
        commands: finding.commands.filter((index) => index < list.length),
      })),
    },
    keyspace: {
      created: keyspace.created.slice(0, most),
      changed: keyspace.changed.slice(0, most),
      deleted: keyspace.deleted.slice(0, most),
      more: keyspace.more + overflow(keyspace, most),
    },
  };
}

function overflow({ created, changed, deleted }: RunReport['keyspace'], most: number): number {
  return [created, changed, deleted].reduce((sum, keys) => sum + Math.max(0, keys.length - most), 0);
}

function withoutValue(outcome: RunReport['outcome']): RunReport['outcome'] {
  return outcome.class === 'done' ? { class: 'done' } : outcome;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
}
