/**
 * One learner's work on one lesson: an instance, a kernel a language, terminals, and a tap for each.
 *
 * Theory of operation. Opening a session starts nothing. The first run or terminal takes an instance
 * from the pool, seeds it and learns its keys; then every run is one window over the tap of its language
 * and over the keyspace. When nothing has run for a while everything is frozen, and thawed by the next
 * thing that runs. Before it sleeps or ends, what it holds is saved, and the next session of the same name
 * begins with it instead of the seed. An instance that its learner killed is told lost, with the reason,
 * and replaced; the kernels live on, and their clients connect again.
 */
import type { Sandbox } from '../../sandbox/run.ts';
import { faultSwitch } from './fault-switch.ts';
import { startInstance, type Instance } from './instance.ts';
import type { InstancePool } from './instance-pool.ts';
import type { KernelSource, RunFrame } from './kernel/kernel.ts';
import { lookInside, pageOfKeys } from './keys.ts';
import { Keyspace } from './keyspace.ts';
import type {
  HostRequest,
  Language,
  LessonNeeds,
  Outcome,
  RunReport,
  SessionId,
  Unsaved,
} from './protocol.ts';
import { RequestError, type Line } from './room.ts';
import { emptyDifference, emptyReport, Phases } from './run-report.ts';
import type { SavedStates } from './saved-states.ts';
import { findings } from './tap/findings.ts';
import type { CommandTable } from './tap/command-table.ts';
import type { Tap } from './tap/tap.ts';
import type { Recording } from './tap/trace.ts';
import { Terminal } from './terminal.ts';
import { Workplace } from './workplace.ts';

/** What a session is made of. */
export interface SessionParts extends Line {
  sandbox: Sandbox;
  instances: InstancePool;
  kernels: KernelSource;
  commands: CommandTable;
  /** Where states are kept; null keeps none. */
  states: SavedStates | null;
}

/** An instance in use, and what is known of its keys. */
interface Redis {
  instance: Instance;
  keyspace: Keyspace;
  /** Its changes when it was last saved, or began. */
  saved: number;
}

type RunRequest = Extract<HostRequest, { type: 'run' }>;

/** How long after the last thing that ran. */
const unwatchedAfterMs = 3000;
const frozenAfterMs = Number(process.env.ATELIER_FREEZE_MS || 57_000);
const mostTerminals = 4;

/** See above. */
export class Session {
  readonly id: SessionId;
  readonly #needs: LessonNeeds;
  readonly #parts: SessionParts;
  readonly #state: string | undefined;
  readonly #owner: string | undefined;
  readonly #workplaces = new Map<Language, Workplace>();
  readonly #terminals = new Map<string, Terminal>();
  readonly #runs = new Map<string, Workplace>();
  /** Runs to stop, for those that have not begun. */
  readonly #interrupted = new Set<string>();
  #redis: Promise<Redis> | null = null;
  /** Says that the instance is used no more. */
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
    this.#state = state;
    this.#owner = owner;
    this.#needs = needs;
    this.#parts = parts;
  }

  /** Whether it holds an instance. */
  get holdsInstance(): boolean {
    return this.#redis !== null;
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
    const before = await this.#redis?.catch(() => null);
    if (!before) return;
    this.#busy();
    if (this.#state) await this.#parts.states?.drop(this.#state);
    await before.instance.close('reset');
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
      const { instance } = await this.#ready();
      const opened = await Terminal.open({ sandbox, commands, owner: this.#owner }, instance.socket, {
        write: (data) => tell({ type: 'terminal-output', session: this.id, terminal, data }),
        drained,
      });
      opened.tap.hidden = instance.hidden;
      this.#terminals.set(terminal, opened);
      this.#follow(opened.tap, () => false);
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
    if (!this.#redis) return { keys: [], cursor: '0', total: 0 };
    const { keyspace } = await this.#ready();
    return pageOfKeys(keyspace.reader, pattern, cursor);
  }

  async key(name: string): Promise<Awaited<ReturnType<typeof lookInside>>> {
    if (!this.#redis) return null;
    const { keyspace } = await this.#ready();
    return lookInside(keyspace.reader, name);
  }

  /** Saves what the instance holds and kills everything; resolves, once nothing of it runs, to why it could not be saved. */
  close(): Promise<Unsaved | null> {
    this.#closed = true;
    if (this.#idle) clearTimeout(this.#idle);
    const ending = this.#end();
    // The learner may be back before it is over.
    if (this.#state) this.#parts.states?.hold(this.#state, ending);
    return ending;
  }

  async #end(): Promise<Unsaved | null> {
    const redis = await this.#redis?.catch(() => null);
    // A frozen one was saved before it fell asleep.
    if (redis && !this.#frozen) this.#unsaved = await this.#save(redis);
    if (this.#unsaved) await this.#parts.states?.lose(this.#state!, this.#unsaved).catch(ignore);
    await Promise.all([
      ...[...this.#workplaces.values()].map((workplace) => workplace.close()),
      ...[...this.#terminals.values()].map((terminal) => terminal.close()),
      redis?.instance.close('idle'),
    ]);
    return this.#unsaved;
  }

  async #run(request: RunRequest, workplace: Workplace, phases: Phases): Promise<RunReport> {
    const { run, code, name, timeoutMs } = request;
    const [{ instance, keyspace }] = await Promise.all([
      this.#ready().finally(() => phases.note('instance')),
      workplace.kernel().finally(() => phases.note('kernel')),
    ]);
    if (this.#interrupted.delete(run)) return emptyReport({ class: 'interrupted' });
    const { tap } = workplace;
    tap.hidden = instance.hidden;
    tap.connect(instance.socket);
    const window = await keyspace.window();
    const recording = tap.record(request.trace ? {} : { commands: 0 });
    tap.roundTripMs = request.roundTripMs;
    tap.fault = faultSwitch[request.fault];
    phases.note('started');
    this.#parts.tell({ type: 'run-started', session: this.id, run });
    const names: Pick<RunReport, 'declares' | 'reads'> = {};
    const outcome = await workplace.run({ id: run, code, name, timeoutMs }, (frame) => {
      if (frame.type === 'done') Object.assign(names, { declares: frame.declares, reads: frame.reads });
      else this.#show(run, frame, phases);
    });
    phases.note('ended');
    tap.fault = null;
    tap.roundTripMs = 0;
    const trace = recording.end();
    const difference = await this.#difference(keyspace, window, recording);
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
    const workplace = new Workplace(language, commands, kernels, needs, (state, why) => {
      tell({ type: 'kernel', session: this.id, language, state, ...(why && { why }) });
    });
    this.#workplaces.set(language, workplace);
    this.#follow(workplace.tap, () => [...this.#runs.values()].includes(workplace));
    return workplace;
  }

  /** The instance, started if there is none, thawed if it sleeps. */
  async #ready(): Promise<Redis> {
    await this.#wake();
    if (this.#closed) throw new RequestError('session-closed');
    this.#redis ??= this.#start();
    const redis = await this.#redis;
    this.#used ??= redis.instance.use();
    return redis;
  }

  async #start(): Promise<Redis> {
    const { tell } = this.#parts;
    tell({ type: 'instance', session: this.id, state: 'starting' });
    let instance: Instance | null = null;
    try {
      instance = await this.#resumed();
      if (!instance) {
        instance = await this.#parts.instances.claim(this.#needs.instance, this.#owner);
        await instance.seed(this.#needs.seed);
      }
      const keyspace = await Keyspace.open(instance);
      const saved = await instance.changes();
      void instance.lost.then((loss) => this.#lost(keyspace, loss));
      for (const { tap } of this.#taps()) {
        tap.hidden = instance.hidden;
        tap.connect(instance.socket);
      }
      if (this.#closed) await instance.close('idle');
      const unsaved = this.#state ? await this.#parts.states?.lost(this.#state) : null;
      tell({ type: 'instance', session: this.id, state: 'ready', ...(unsaved && { unsaved }) });
      return { instance, keyspace, saved };
    } catch (error) {
      this.#redis = null;
      await instance?.close('idle');
      tell({ type: 'instance', session: this.id, state: 'stopped' });
      throw error;
    }
  }

  /** An instance with what was saved; null when nothing was, or nothing that a Redis can read. */
  async #resumed(): Promise<Instance | null> {
    const { states, sandbox, tell } = this.#parts;
    const state = this.#state && states ? await states.read(this.#state) : null;
    if (!state) return null;
    try {
      return await startInstance(sandbox, this.#needs.instance, 'learner', { state, owner: this.#owner });
    } catch {
      await states!.drop(this.#state!);
      tell({ type: 'instance', session: this.id, state: 'lost', why: { cause: 'crash', keysLost: null } });
      return null;
    }
  }

  /** Keeps what the instance holds, if it has changed; else says why not, and the state before it stays. */
  async #save(redis: Redis): Promise<Unsaved | null> {
    const { states } = this.#parts;
    if (!states || !this.#state || redis.instance.loss()) return null;
    try {
      const changes = await redis.instance.changes();
      if (changes === redis.saved) return null;
      await states.write(this.#state, await redis.instance.copy(states.limits.one));
      redis.saved = changes;
      return null;
    } catch (error) {
      if (redis.instance.loss()) return null;
      const why = error instanceof RangeError ? 'too-large' : 'unreadable';
      return { why, limit: states.limits.one / 1024 / 1024 };
    }
  }

  /** The instance is gone: connections wait for the next, which is started at once if anything runs. */
  #lost(keyspace: Keyspace, why: Awaited<Instance['lost']>): void {
    keyspace.close();
    this.#redis = null;
    this.#used = null;
    for (const { tap } of this.#taps()) tap.connect(null);
    if (this.#closed) return;
    this.#parts.tell({ type: 'instance', session: this.id, state: 'lost', why });
    if (this.#runs.size > 0 || this.#terminals.size > 0) void this.#ready().catch(() => null);
  }

  #taps(): { tap: Workplace['tap'] }[] {
    return [...this.#workplaces.values(), ...this.#terminals.values()];
  }

  /** Tells the keyspace what a tap writes outside of the windows of runs. */
  #follow(tap: Tap, inWindow: () => boolean): void {
    tap.observe({
      arrived: (command) => {
        if (!inWindow()) void this.#redis?.then(({ keyspace }) => keyspace.touched(command), ignore);
      },
    });
  }

  /** Something runs, or is about to: the instance is watched over, and nothing is frozen before it has ended. */
  #busy(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** Nothing runs: soon the instance is left alone, later everything is frozen. */
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
    const redis = await this.#redis?.catch(() => null);
    const unsaved = redis ? await this.#save(redis) : null;
    if (!redis || this.#runs.size > 0 || this.#closed || this.#idle) return;
    this.#unsaved = unsaved;
    this.#frozen = true;
    this.#parts.tell({ type: 'instance', session: this.id, state: 'frozen', ...(unsaved && { unsaved }) });
    await Promise.all([
      ...[...this.#workplaces.values()].map((workplace) => workplace.freeze()),
      ...[...this.#terminals.values()].map((terminal) => terminal.freeze()),
      redis.instance.freeze(),
    ]);
  }

  async #wake(): Promise<void> {
    if (!this.#frozen) return;
    this.#frozen = false;
    const redis = await this.#redis?.catch(() => null);
    await Promise.all([
      redis?.instance.thaw(),
      ...[...this.#workplaces.values()].map((workplace) => workplace.thaw()),
      ...[...this.#terminals.values()].map((terminal) => terminal.thaw()),
    ]);
    if (redis && !redis.instance.loss())
      this.#parts.tell({ type: 'instance', session: this.id, state: 'ready' });
  }
}

function ignore(): void {}
