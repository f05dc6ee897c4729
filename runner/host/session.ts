/**
 * One learner's work on one lesson, or on a topology of it: a ground (an instance, or several nodes), a
 * kernel a language, terminals, and the taps of each.
 *
 * Theory of operation. Opening a session starts nothing. The first run or terminal starts the ground and
 * learns its keys; then every run is one window over the taps of its language and over the keyspace. When
 * nothing has run for a while everything is frozen, and thawed by the next thing that runs. Before it
 * sleeps or ends, the ground saves what it holds, if that is kept at all. A ground that its learner killed
 * is told lost, with the reason, and replaced; the kernels live on, and their clients connect again.
 */
import { faultSwitch } from './fault-switch.ts';
import type { Ground, GroundSource } from './ground.ts';
import { InstanceSource, type InstanceGrounds } from './instance-ground.ts';
import type { KernelSource, RunFrame } from './kernel/kernel.ts';
import { lookInside, pageOfKeys } from './keys.ts';
import type { Keyspace } from './keyspace.ts';
import type {
  HostRequest,
  InstanceLoss,
  Language,
  LessonNeeds,
  Outcome,
  RunReport,
  SessionId,
  Unsaved,
} from './protocol.ts';
import { RequestError, type Line } from './room.ts';
import { emptyDifference, emptyReport, Phases } from './run-report.ts';
import { findings } from './tap/findings.ts';
import type { CommandTable } from './tap/command-table.ts';
import type { Taps } from './tap/taps.ts';
import type { Recording } from './tap/trace.ts';
import { Terminal } from './terminal.ts';
import { TopologySource } from './topology-ground.ts';
import { Workplace } from './workplace.ts';

/** What a session is made of. */
export interface SessionParts extends Line, InstanceGrounds {
  kernels: KernelSource;
  commands: CommandTable;
}

type RunRequest = Extract<HostRequest, { type: 'run' }>;

/** How long after the last thing that ran. */
const unwatchedAfterMs = 3000;
const frozenAfterMs = Number(process.env.ATELIER_FREEZE_MS) || 57_000;
const mostTerminals = 4;

/** See above. */
export class Session {
  readonly id: SessionId;
  readonly #needs: LessonNeeds;
  readonly #parts: SessionParts;
  readonly #source: GroundSource;
  readonly #owner: string | undefined;
  readonly #workplaces = new Map<Language, Workplace>();
  readonly #terminals = new Map<string, Terminal>();
  readonly #runs = new Map<string, Workplace>();
  /** Runs to stop, for those that have not begun. */
  readonly #interrupted = new Set<string>();
  #ground: Promise<Ground> | null = null;
  /** Says that the ground is used no more. */
  #used: (() => void) | null = null;
  #idle: NodeJS.Timeout | null = null;
  #frozen = false;
  /** Why what it held when it fell asleep was not kept. */
  #unsaved: Unsaved | null = null;
  #closed = false;

  /** `state` is the name under which what it holds is kept, `owner` whose boxes they are. */
  constructor(
    id: SessionId,
    needs: LessonNeeds,
    parts: SessionParts,
    { state, owner }: { state?: string; owner?: string } = {},
  ) {
    this.id = id;
    this.#owner = owner;
    this.#needs = needs;
    this.#parts = parts;
    this.#source = needs.topology
      ? new TopologySource(parts.sandbox, needs.topology, owner)
      : new InstanceSource(parts, needs, { state, owner });
  }

  /** Whether it holds an instance, or several nodes. */
  get holdsInstance(): boolean {
    return this.#ground !== null;
  }

  /** Runs one cell and reports on it; never rejects. */
  async run(request: RunRequest): Promise<void> {
    const { run, language } = request;
    const phases = new Phases();
    const workplace = this.#workplace(language);
    this.#runs.set(run, workplace);
    this.#busy();
    let report: RunReport;
    try {
      report = await this.#run(request, workplace, phases);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      const outcome: Outcome = {
        class: 'platform',
        code: 'run-failed',
        data: { detail: detail.slice(0, 500) },
      };
      report = { ...emptyReport(outcome), durationMs: phases.now, phases: phases.seen };
    }
    this.#runs.delete(run);
    this.#interrupted.delete(run);
    this.#rest();
    this.#parts.tell({ type: 'run-ended', session: this.id, run, report });
  }

  /** Stops a run: it ends with its own report. */
  async interrupt(run: string): Promise<void> {
    const workplace = this.#runs.get(run);
    if (!workplace) return;
    this.#interrupted.add(run);
    await workplace.interrupt();
  }

  /** A clean kernel for this language. */
  async restart(language: Language): Promise<void> {
    await this.#workplaces.get(language)?.restart();
  }

  /** A clean Redis with the lesson's seed; kernels and their variables stay. */
  async reset(): Promise<void> {
    const before = await this.#ground?.catch(() => null);
    if (!before) return;
    this.#busy();
    await this.#source.forget();
    await before.close('reset');
    await this.#ready().catch(() => null);
    this.#rest();
  }

  /** Opens a terminal; a refusal says why not. */
  async openTerminal(terminal: string, columns: number, rows: number): Promise<void> {
    if (this.#terminals.has(terminal)) return this.#terminals.get(terminal)!.resize(columns, rows);
    if (this.#terminals.size >= mostTerminals)
      throw new RequestError('too-many-terminals', { limit: mostTerminals });
    this.#busy();
    const { sandbox, commands, tell, drained } = this.#parts;
    try {
      const ground = await this.#ready();
      const opened = await Terminal.open(
        { sandbox, commands, owner: this.#owner },
        {
          write: (data) => tell({ type: 'terminal-output', session: this.id, terminal, data }),
          drained,
        },
      );
      ground.lead(opened.taps);
      this.#terminals.set(terminal, opened);
      this.#follow(opened.taps, () => false);
      void opened.ended.then((why) => {
        this.#terminals.delete(terminal);
        tell({ type: 'terminal-ended', session: this.id, terminal, why });
        this.#rest();
      });
      if (this.#closed) await opened.close();
      else opened.resize(columns, rows);
    } catch (error) {
      this.#rest();
      throw error;
    }
  }

  async input(terminal: string, data: string): Promise<void> {
    this.#busy();
    await this.#wake();
    this.#terminals.get(terminal)?.input(data);
    this.#rest();
  }

  resize(terminal: string, columns: number, rows: number): void {
    this.#terminals.get(terminal)?.resize(columns, rows);
  }

  async closeTerminal(terminal: string): Promise<void> {
    await this.#terminals.get(terminal)?.close();
  }

  /** A page of the keys; there are none before the instance has started. */
  async keys(pattern: string, cursor: string): Promise<Awaited<ReturnType<typeof pageOfKeys>>> {
    const keyspace = await this.#keyspace();
    if (!keyspace) return { keys: [], cursor: '0', total: 0 };
    return pageOfKeys(keyspace.reader, pattern, cursor);
  }

  async key(name: string): Promise<Awaited<ReturnType<typeof lookInside>>> {
    const keyspace = await this.#keyspace();
    return keyspace && lookInside(keyspace.reader, name);
  }

  async #keyspace(): Promise<Keyspace | null> {
    return this.#ground && (await this.#ready()).keyspace;
  }

  /** Saves what the ground holds and kills everything; resolves, once nothing of it runs, to why it could not be saved. */
  close(): Promise<Unsaved | null> {
    this.#closed = true;
    if (this.#idle) clearTimeout(this.#idle);
    const ending = this.#end();
    this.#source.closing(ending);
    return ending;
  }

  async #end(): Promise<Unsaved | null> {
    const ground = await this.#ground?.catch(() => null);
    // A frozen one was saved before it fell asleep.
    if (ground && !this.#frozen) this.#unsaved = await ground.save();
    if (this.#unsaved) await this.#source.lose(this.#unsaved).catch(ignore);
    await Promise.all([
      ...[...this.#workplaces.values()].map((workplace) => workplace.close()),
      ...[...this.#terminals.values()].map((terminal) => terminal.close()),
      ground?.close('idle'),
    ]);
    return this.#unsaved;
  }

  async #run(request: RunRequest, workplace: Workplace, phases: Phases): Promise<RunReport> {
    const { run, code, name, timeoutMs } = request;
    const [ground] = await Promise.all([
      this.#ready().finally(() => phases.note('instance')),
      workplace.kernel().finally(() => phases.note('kernel')),
    ]);
    if (this.#interrupted.delete(run)) return emptyReport({ class: 'interrupted' });
    const { taps } = workplace;
    const { keyspace } = ground;
    ground.lead(taps);
    const window = await keyspace?.window();
    const recording = taps.record(request.trace ? {} : { commands: 0 });
    const near = [...taps].filter((tap) => ground.isNear(tap));
    for (const tap of near) {
      tap.roundTripMs = request.roundTripMs;
      tap.fault = faultSwitch[request.fault];
    }
    phases.note('started');
    this.#parts.tell({ type: 'run-started', session: this.id, run });
    const names: Pick<RunReport, 'declares' | 'reads'> = {};
    const outcome = await workplace.run({ id: run, code, name, timeoutMs }, (frame) => {
      if (frame.type === 'done') Object.assign(names, { declares: frame.declares, reads: frame.reads });
      else this.#show(run, frame, phases);
    });
    phases.note('ended');
    for (const tap of near) {
      tap.fault = null;
      tap.roundTripMs = 0;
    }
    const trace = recording.end();
    const difference = window
      ? await this.#difference(keyspace!, window, recording)
      : { ...emptyDifference(), unseen: true as const };
    trace.findings = findings(recording, difference);
    phases.note('keyspace');
    return {
      ...names,
      outcome,
      durationMs: phases.since('started', 'ended'),
      trace,
      keyspace: difference,
      phases: phases.seen,
    };
  }

  /** What changed; nothing can be said of an instance that died meanwhile. */
  async #difference(
    keyspace: Keyspace,
    window: Awaited<ReturnType<Keyspace['window']>>,
    recording: Recording,
  ): Promise<RunReport['keyspace']> {
    try {
      return await keyspace.difference(window, recording.written);
    } catch {
      return emptyDifference();
    }
  }

  #show(run: string, frame: RunFrame, phases: Phases): void {
    const { id: session } = this;
    if (frame.type === 'output') {
      phases.note('output');
      const { stream, text, truncated } = frame;
      this.#parts.tell({ type: 'output', session, run, stream, text, ...(truncated && { truncated }) });
    } else if (frame.type === 'display') {
      phases.note('output');
      this.#parts.tell({ type: 'display', session, run, item: frame.item });
    }
  }

  #workplace(language: Language): Workplace {
    const known = this.#workplaces.get(language);
    if (known) return known;
    const { commands, kernels, tell } = this.#parts;
    const needs = { ...this.#needs.box, owner: this.#owner };
    const workplace = new Workplace(language, this.#source, commands, kernels, needs, (state, why) => {
      tell({ type: 'kernel', session: this.id, language, state, ...(why && { why }) });
    });
    this.#workplaces.set(language, workplace);
    this.#follow(workplace.taps, () => [...this.#runs.values()].includes(workplace));
    return workplace;
  }

  /** The ground, started if there is none, thawed if it sleeps. */
  async #ready(): Promise<Ground> {
    await this.#wake();
    if (this.#closed) throw new RequestError('session-closed');
    this.#ground ??= this.#start();
    const ground = await this.#ground;
    this.#used ??= ground.use();
    return ground;
  }

  async #start(): Promise<Ground> {
    const { tell } = this.#parts;
    tell({ type: 'instance', session: this.id, state: 'starting' });
    try {
      const ground = await this.#source.start((why) =>
        tell({ type: 'instance', session: this.id, state: 'lost', why }),
      );
      void ground.lost.then((loss) => this.#lost(loss));
      for (const taps of this.#taps()) ground.lead(taps);
      if (this.#closed) await ground.close('idle');
      const { unsaved } = ground;
      tell({ type: 'instance', session: this.id, state: 'ready', ...(unsaved && { unsaved }) });
      return ground;
    } catch (error) {
      this.#ground = null;
      tell({ type: 'instance', session: this.id, state: 'stopped' });
      throw error;
    }
  }

  /** The ground is gone: connections wait for the next, which is started at once if anything runs. */
  #lost(why: InstanceLoss): void {
    this.#ground = null;
    this.#used = null;
    for (const taps of this.#taps()) taps.disconnect();
    if (this.#closed) return;
    this.#parts.tell({ type: 'instance', session: this.id, state: 'lost', why });
    if (this.#runs.size > 0 || this.#terminals.size > 0) void this.#ready().catch(() => null);
  }

  #taps(): Taps[] {
    return [...this.#workplaces.values(), ...this.#terminals.values()].map(({ taps }) => taps);
  }

  /** Tells the keyspace what these taps write outside of the windows of runs. */
  #follow(taps: Taps, inWindow: () => boolean): void {
    taps.observe({
      arrived: (command) => {
        if (!inWindow()) void this.#ground?.then(({ keyspace }) => keyspace?.touched(command), ignore);
      },
    });
  }

  /** Something runs, or is about to: the ground is watched over, and nothing is frozen before it has ended. */
  #busy(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** Nothing runs: soon the ground is left alone, later everything is frozen. */
  #rest(): void {
    if (this.#runs.size > 0 || this.#closed) return;
    this.#busy();
    this.#idle = setTimeout(() => {
      this.#leave();
      this.#idle = setTimeout(() => void this.#freeze(), frozenAfterMs);
      this.#idle.unref();
    }, unwatchedAfterMs);
    this.#idle.unref();
  }

  #leave(): void {
    this.#used?.();
    this.#used = null;
  }

  async #freeze(): Promise<void> {
    this.#idle = null;
    this.#leave();
    const ground = await this.#ground?.catch(() => null);
    const unsaved = ground ? await ground.save() : null;
    if (!ground || this.#runs.size > 0 || this.#closed || this.#idle) return;
    this.#unsaved = unsaved;
    this.#frozen = true;
    this.#parts.tell({ type: 'instance', session: this.id, state: 'frozen', ...(unsaved && { unsaved }) });
    await Promise.all([
      ...[...this.#workplaces.values()].map((workplace) => workplace.freeze()),
      ...[...this.#terminals.values()].map((terminal) => terminal.freeze()),
      ground.freeze(),
    ]);
  }

  async #wake(): Promise<void> {
    if (!this.#frozen) return;
    this.#frozen = false;
    const ground = await this.#ground?.catch(() => null);
    await Promise.all([
      ground?.thaw(),
      ...[...this.#workplaces.values()].map((workplace) => workplace.thaw()),
      ...[...this.#terminals.values()].map((terminal) => terminal.thaw()),
    ]);
    if (ground && !ground.loss()) this.#parts.tell({ type: 'instance', session: this.id, state: 'ready' });
  }
}

function ignore(): void {}
