/**
 * Runs: a cell's way from the page to a kernel and back. A run waits in the fair queue, is given to
 * its session's host, streams back to every page that has the lesson open, and is kept. What a long
 * run has shown so far is kept as it goes, as it would have to be shown if the server died now.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from './config.ts';
import type { Fault, HostEvent, Language, LessonNeeds, RunReport } from './host/protocol.ts';
import { Kept } from './kept.ts';
import { findingMessages, messageOf, platformReport } from './outcome.ts';
import type { Pages } from './pages.ts';
import type { ServerMessage } from './protocol.ts';
import { Queue } from './queue.ts';
import { Rate } from './rate.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Store } from './store/store.ts';

/** What a page asks to run. */
export interface RunRequest {
  learner: string;
  needs: LessonNeeds;
  cell: string;
  language: Language;
  code: string;
  roundTripMs: number;
  fault: Fault;
}

interface Run extends RunRequest {
  readonly id: string;
  readonly kept: Kept;
  place: number;
  started: boolean;
  session: Session | null;
  startedAt: number;
  waitedMs: number;
  timers: NodeJS.Timeout[];
}

/** Who is told how runs ended, and what could not be kept. */
export interface RunWatcher {
  ended(outcome: RunReport['outcome']['class'], language: Language, waitedMs: number): void;
  failed(error: unknown): void;
}

/** Beyond its own limit, how long a run's host may stay silent. */
const GRACE_MS = 20_000;
const CHECKPOINT_MS = 1_000;

/** Every run that waits or runs now. */
export class Runs {
  readonly #runs = new Map<string, Run>();
  readonly #queue: Queue;
  /** The bytes that the runs of each learner say: a run says them all, and the next ones wait. */
  readonly #said: Rate;
  readonly #config: Config;
  readonly #pages: Pages;
  readonly #sessions: Sessions;
  readonly #store: Store;
  readonly #watcher: RunWatcher;
  /** The writes of kept outputs, so that the store is closed after the last. */
  readonly #writes = new Set<Promise<void>>();

  constructor(config: Config, pages: Pages, sessions: Sessions, store: Store, watcher: RunWatcher) {
    this.#config = config;
    this.#pages = pages;
    this.#sessions = sessions;
    this.#store = store;
    this.#watcher = watcher;
    const { runs, runsPerLearner, waitingRuns, saidAtOnce, saidPerSecond } = config.limits;
    this.#said = new Rate(saidAtOnce, saidPerSecond);
    this.#queue = new Queue({ running: runs, perLearner: runsPerLearner, waiting: waitingRuns });
  }

  get running(): number {
    return this.#queue.running;
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Takes a run, or says why not. */
  request(request: RunRequest): 'already-running' | 'too-many-runs' | null {
    const { learner, needs, language } = request;
    if (this.#find(learner, needs.lesson, request.cell) !== null) return 'already-running';
    const run: Run = {
      ...request,
      id: randomBytes(12).toString('base64url'),
      kept: new Kept(this.#config.limits.keptOutput),
      place: 0,
      started: false,
      session: null,
      startedAt: performance.now(),
      waitedMs: 0,
      timers: [],
    };
    this.#runs.set(run.id, run);
    this.#tell(run, this.#queued(run));
    const taken = this.#queue.enter({
      id: run.id,
      learner,
      key: `${learner} ${needs.lesson} ${needs.topology ?? ''} ${language}`,
      ready: () => this.#said.wait(learner) === 0 && this.#sessions.hasRoom(learner, needs),
      start: () => this.#start(run),
      moved: (place) => {
        run.place = place;
        this.#tell(run, this.#queued(run));
      },
    });
    if (taken) return null;
    this.#runs.delete(run.id);
    return 'too-many-runs';
  }

  /** Stops a cell: at once when it waits, politely when it runs; false when it does neither. */
  interrupt(learner: string, lesson: string, cell: string): boolean {
    const run = this.#find(learner, lesson, cell);
    if (run === null) return false;
    if (this.#queue.leave(run.id)) {
      this.#end(run, { ...platformReport(''), outcome: { class: 'interrupted' } });
    } else if (run.session !== null) {
      run.session.host.send({ type: 'interrupt', session: run.session.id, run: run.id });
    }
    return true;
  }

  /** Lets waiting runs see that there is room. */
  roomMade(): void {
    this.#queue.serve();
  }

  /** Ends the runs of a session that is no more. */
  sessionLost(session: Session): void {
    for (const run of this.#runs.values()) {
      if (run.session === session)
        this.#end(run, platformReport('host-lost', performance.now() - run.startedAt));
    }
  }

  /** What a host says of a run. */
  event(event: HostEvent): void {
    if (!('run' in event) || event.run === undefined) return;
    const run = this.#runs.get(event.run);
    if (run === undefined || run.session?.id !== event.session) return;
    switch (event.type) {
      case 'run-started':
        run.started = true;
        this.#tell(run, { type: 'started', ...this.#names(run) });
        break;
      case 'output': {
        const { stream, text, truncated } = event;
        this.#said.spend(run.learner, Buffer.byteLength(text));
        const item = { type: 'output' as const, stream, text, ...(truncated && { truncated }) };
        run.kept.add(item);
        this.#tell(run, { ...this.#names(run), ...item });
        break;
      }
      case 'display':
        this.#said.spend(run.learner, Buffer.byteLength(JSON.stringify(event.item)));
        run.kept.add({ type: 'display', item: event.item });
        this.#tell(run, { type: 'display', ...this.#names(run), item: event.item });
        break;
      case 'run-ended':
        this.#said.spend(run.learner, Buffer.byteLength(JSON.stringify(event.report)));
        this.#end(run, event.report);
        break;
      case 'refused':
        this.#end(run, {
          ...platformReport(event.code),
          outcome: { class: 'platform', code: event.code, data: event.data },
        });
        break;
    }
  }

  /** What a page that opens the lesson now has missed of its runs. */
  replay(learner: string, lesson: string): ServerMessage[] {
    const messages: ServerMessage[] = [];
    for (const run of this.#runs.values()) {
      if (run.learner !== learner || run.needs.lesson !== lesson) continue;
      messages.push(this.#queued(run));
      if (run.started) messages.push({ type: 'started', ...this.#names(run) });
      for (const item of run.kept.items) messages.push({ ...this.#names(run), ...item });
    }
    return messages;
  }

  /** The cells of a lesson that wait or run now; what the store keeps of them is of no use yet. */
  active(learner: string, lesson: string): Set<string> {
    const runs = [...this.#runs.values()].filter(
      (run) => run.learner === learner && run.needs.lesson === lesson,
    );
    return new Set(runs.map((run) => `${run.cell} ${run.language}`));
  }

  /** Keeps what is shown now and stops; for a server that ends. */
  async close(): Promise<void> {
    for (const run of this.#runs.values()) {
      for (const timer of run.timers) clearTimeout(timer);
      if (run.session !== null)
        this.#keep(run, platformReport('server-stopped', performance.now() - run.startedAt));
    }
    this.#runs.clear();
    await Promise.all(this.#writes);
  }

  #start(run: Run): void {
    const session = this.#sessions.open(run.learner, run.needs);
    if (typeof session === 'string') {
      this.#end(run, platformReport(session));
      return;
    }
    run.session = session;
    run.place = 0;
    session.runs += 1;
    run.waitedMs = performance.now() - run.startedAt;
    run.startedAt = performance.now();
    const { runMs } = this.#config.limits;
    session.host.send({
      type: 'run',
      session: session.id,
      run: run.id,
      language: run.language,
      code: run.code,
      name: run.cell,
      timeoutMs: runMs,
      roundTripMs: run.roundTripMs,
      fault: run.fault,
      trace: true,
    });
    run.timers = [
      setTimeout(() => this.#silent(run), runMs + GRACE_MS),
      setInterval(
        () => this.#keep(run, platformReport('server-stopped', performance.now() - run.startedAt)),
        CHECKPOINT_MS,
      ),
    ];
  }

  /** A learner whose runs have said too much has his next ones wait until that is paid back. */
  #serveWhenPaid(learner: string): void {
    const wait = this.#said.wait(learner);
    if (wait === 0) return;
    for (const run of this.#runs.values())
      if (run.learner === learner && run.place > 0) this.#tell(run, this.#queued(run));
    setTimeout(() => this.#queue.serve(), wait).unref();
  }

  #silent(run: Run): void {
    const { session } = run;
    if (session === null) return;
    session.host.send({ type: 'restart', session: session.id, language: run.language });
    this.#end(run, platformReport('host-silent', performance.now() - run.startedAt));
  }

  #end(run: Run, report: RunReport): void {
    for (const timer of run.timers) clearTimeout(timer);
    this.#runs.delete(run.id);
    if (run.session !== null) {
      run.session.runs -= 1;
      run.session.usedAt = Date.now();
    }
    const message = messageOf(report.outcome);
    const findings = findingMessages(report);
    this.#tell(run, { type: 'ended', ...this.#names(run), report, message, findings });
    this.#watcher.ended(report.outcome.class, run.language, run.waitedMs);
    this.#queue.done(run.id);
    this.#serveWhenPaid(run.learner);
    if (run.session !== null) this.#keep(run, report);
  }

  #keep(run: Run, report: RunReport): void {
    const { learner, cell, language, code, kept } = run;
    const place = { learner, lesson: run.needs.lesson, cell, language };
    const at = Date.now();
    const write = async () => {
      await this.#store.outputs.keep(place, {
        cell,
        language,
        code,
        items: kept.items,
        report: kept.fit(report),
        message: messageOf(report.outcome),
        findings: findingMessages(report),
        at,
      });
      if (report.outcome.class === 'done')
        await this.#store.progress.cellDone(learner, place.lesson, cell, at);
    };
    const written: Promise<void> = write()
      .catch((error: unknown) => this.#watcher.failed(error))
      .finally(() => this.#writes.delete(written));
    this.#writes.add(written);
  }

  #find(learner: string, lesson: string, cell: string): Run | null {
    for (const run of this.#runs.values()) {
      if (run.learner === learner && run.needs.lesson === lesson && run.cell === cell) return run;
    }
    return null;
  }

  #queued(run: Run): ServerMessage {
    const { place, learner } = run;
    const restMs = place > 0 ? this.#said.wait(learner) : 0;
    return { type: 'queued', ...this.#names(run), place, ...(restMs > 0 && { restMs }) };
  }

  #names(run: Run): { lesson: string; cell: string; run: string } {
    return { lesson: run.needs.lesson, cell: run.cell, run: run.id };
  }

  #tell(run: Run, message: ServerMessage): void {
    this.#pages.tell(run.learner, run.needs.lesson, message);
  }
}
