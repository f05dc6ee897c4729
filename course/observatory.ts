/**
 * A chapter's dashboard and alert rules, tried on a real Prometheus while the chapter's production code runs: first
 * calm, then in the troubles that the chapter provokes. Every expression must return data, and change; every alert
 * must be silent first, and ring. The scripts `monitoring/prometheus.ts` provoke; this watches. It is ours: what a
 * reader takes home has neither.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}
interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface Answer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** A Prometheus that scrapes one server, and what its expressions have said so far. */
export class Observatory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  readonly #expressions: { title: string; expr: string }[];
  readonly #alerts: { alert: string; expr: string }[];
  readonly #during: Set<string>[];
  readonly #rung = new Set<string>();
  readonly #failures: string[] = [];
  #calm: string[] = [];
  #process: ChildProcess | undefined;
  #port = 0;

  private constructor(monitoring: string) {
    const [dashboard = ''] = globSync('dashboards/*.json', { cwd: monitoring });
    const read = (file: string) => readFileSync(join(monitoring, file), 'utf8');
    const { panels }: Dashboard = JSON.parse(read(dashboard));
    const { groups }: Rules = parse(read('alerts.yml'));
    this.#expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
    this.#alerts = groups.flatMap((group) => group.rules);
    this.#during = this.#expressions.map(() => new Set());
  }

  /** Starts a Prometheus (PROMETHEUS, else the one on the PATH) on a listening server; it has read it once. */
  static async open(monitoring: string, pages: Server): Promise<Observatory> {
    const observatory = new Observatory(monitoring);
    await observatory.#start(pages);
    return observatory;
  }

  async #start(pages: Server): Promise<void> {
    this.#port = await freePort();
    const config = join(this.#folder, 'prometheus.yml');
    writeFileSync(
      config,
      `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: chapitre\n    static_configs: [{ targets: ['127.0.0.1:${portOf(pages)}'] }]\n`,
    );
    this.#process = spawn(
      process.env.PROMETHEUS ?? 'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(this.#folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.#port}`,
      ],
      { stdio: 'ignore' },
    );
    this.#process.once('error', (error) => {
      console.error(
        `Prometheus ne démarre pas (${error.message}) : installez le paquet « prometheus », ou donnez PROMETHEUS.`,
      );
      process.exit(1);
    });
    const patience = Date.now() + 60_000;
    while ((await this.#ask('up == 1').catch(() => '')) === '') {
      if (Date.now() > patience) throw new Error('Prometheus n’a rien relevé en une minute.');
      await sleep(200);
    }
  }

  /** Lets the traffic run, then notes what each panel says; an alert that rings fails, but for these. */
  async calm(seconds: number, exempt: string[] = []): Promise<void> {
    await sleep(seconds * 1000);
    this.#calm = await Promise.all(this.#expressions.map(({ expr }) => this.#ask(expr)));
    for (const [rank, { title, expr }] of this.#expressions.entries())
      if (this.#calm[rank] === '') this.#failures.push(`« ${title} » ne rend rien au calme : ${expr}`);
    for (const { alert, expr } of this.#alerts)
      if (!exempt.includes(alert) && (await this.#ask(expr))) this.#failures.push(`${alert} sonne au calme`);
  }

  /** Looks at every panel and listens to every alert, once a second. */
  async watch(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++, await sleep(1000)) {
      for (const [rank, { expr }] of this.#expressions.entries())
        this.#during[rank]?.add(await this.#ask(expr));
      for (const { alert, expr } of this.#alerts) if (await this.#ask(expr)) this.#rung.add(alert);
    }
  }

  /** Says what held and what did not; the alerts that two minutes cannot ring are exempt. Gives the exit code. */
  conclude(exempt: string[] = []): 0 | 1 {
    for (const [rank, { title, expr }] of this.#expressions.entries()) {
      const values = [...(this.#during[rank] ?? [])];
      if (values.every((value) => value === this.#calm[rank]))
        this.#failures.push(`« ${title} » ne change pas pendant les pannes : ${expr}`);
    }
    for (const { alert } of this.#alerts)
      if (!exempt.includes(alert) && !this.#rung.has(alert)) this.#failures.push(`${alert} n'a jamais sonné`);
    const rung = [...this.#rung];
    console.log(
      `${this.#expressions.length} expressions, ${rung.length} alertes ont sonné : ${rung.join(', ')}`,
    );
    for (const fact of this.#failures) console.error(fact);
    return this.#failures.length === 0 ? 0 : 1;
  }

  close(): void {
    this.#process?.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Prometheus's answer to an expression, on one line; empty when there is no data. */
  async #ask(expression: string): Promise<string> {
    const url = `http://127.0.0.1:${this.#port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const response = await fetch(url);
    const answer: Answer = JSON.parse(await response.text());
    return answer.data.result
      .filter(({ value }) => value[1] !== 'NaN')
      .map(({ metric, value }) => `${JSON.stringify(metric)}=${value[1]}`)
      .toSorted()
      .join(' ');
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  await once(probe, 'close');
  return port;
}

function portOf(server: Server): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on TCP
  return (server.address() as AddressInfo).port;
}
