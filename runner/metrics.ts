import type { Logger } from 'pino';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Atelier } from './atelier.ts';
import type { Language, RunReport, Verdict } from './host/protocol.ts';

/** What operators can watch: how much runs and waits, how it ends, and what failed. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #log: Logger;
  readonly #runs = new Counter({
    name: 'atelier_runs_total',
    help: 'Cells run, by how they ended.',
    labelNames: ['outcome', 'language'],
    registers: [this.#registry],
  });
  readonly #wait = new Histogram({
    name: 'atelier_run_wait_seconds',
    help: 'Time a run waited for its turn.',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60],
    registers: [this.#registry],
  });
  readonly #verdicts = new Counter({
    name: 'atelier_verdicts_total',
    help: 'Attempts graded, by class of verdict.',
    labelNames: ['class'],
    registers: [this.#registry],
  });
  readonly #grading = new Histogram({
    name: 'atelier_grading_seconds',
    help: 'Time from the attempt to its final verdict.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 180],
    registers: [this.#registry],
  });
  readonly #refused = new Counter({
    name: 'atelier_refused_total',
    help: 'Messages and requests refused at the door.',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #failures = new Counter({
    name: 'atelier_failures_total',
    help: 'Our own errors.',
    registers: [this.#registry],
  });

  constructor(atelier: Atelier, log: Logger) {
    this.#log = log;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('atelier_pages', 'Pages open.', () => atelier.pages.count);
    this.#gauge('atelier_sessions', 'Sessions open.', () => atelier.sessions.count);
    this.#gauge('atelier_runs_running', 'Cells running.', () => atelier.runs.running);
    this.#gauge('atelier_runs_waiting', 'Cells that wait for their turn.', () => atelier.runs.waiting);
    this.#gauge('atelier_gradings', 'Attempts waiting or being graded.', () => atelier.gradings.count);
    this.#gauge('atelier_hosts', 'Hosts connected.', () => atelier.hosts.count);
  }

  ended(outcome: RunReport['outcome']['class'], language: Language, waitedMs: number): void {
    this.#runs.inc({ outcome, language });
    this.#wait.observe(waitedMs / 1000);
  }

  graded(verdict: Verdict['class'], seconds: number): void {
    this.#verdicts.inc({ class: verdict });
    this.#grading.observe(seconds);
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  failed(error: unknown): void {
    this.#failures.inc();
    this.#log.error({ err: error }, 'our own error');
  }

  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
    this.#registry.registerMetric(gauge);
  }
}
