/**
 * The atelier: everything that is open now, and how its parts hear of one another. Pages ask, hosts
 * answer; the store keeps what must outlive both.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Explorer } from './explorer.ts';
import { Gradings } from './gradings.ts';
import type {
  CommandHelp,
  HostEvent,
  HostStatus,
  InstanceState,
  Language,
  LessonNeeds,
  TopologyKind,
} from './host/protocol.ts';
import { Hosts, type Host } from './hosts.ts';
import { readLabs, type Lab } from './labs.ts';
import { Learners } from './learner.ts';
import { readLessons } from './lessons.ts';
import { Metrics } from './metrics.ts';
import { exitMessage, instanceMessage, unsavedMessage } from './outcome.ts';
import { Pages } from './pages.ts';
import type { Health, Message, ServerMessage } from './protocol.ts';
import { Runs } from './runs.ts';
import { Sessions, type Session, type SessionEnd } from './sessions.ts';
import type { Store } from './store/store.ts';
import { Terminals } from './terminals.ts';
import { french } from './texts/fr.ts';

const SWEEP_MS = 15_000;
/** An instance lost this often in this time is caught in a loop. */
const LOOP_LOSSES = 3;
const LOOP_MS = 15_000;

/** The parts of a running server. */
export class Atelier {
  /** Changes at each start, so that a page knows that its runs are gone. */
  readonly id = randomBytes(6).toString('base64url');
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly lessons: ReadonlyMap<string, LessonNeeds>;
  readonly labs: ReadonlyMap<string, Lab>;
  readonly learners: Learners;
  readonly pages = new Pages();
  readonly explorer = new Explorer();
  readonly terminals: Terminals;
  readonly hosts: Hosts;
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly gradings: Gradings;
  readonly metrics: Metrics;
  #sweeper: NodeJS.Timeout | undefined;
  #wasWhole = false;

  constructor(config: Config, store: Store, log: Logger) {
    this.config = config;
    this.store = store;
    this.log = log;
    const { lessons, problems } = readLessons(config.course);
    const labs = readLabs(config.labs);
    for (const problem of [...problems, ...labs.problems]) log.error(problem, 'left out');
    this.lessons = lessons;
    this.labs = labs.labs;
    this.metrics = new Metrics(this, log);
    this.learners = new Learners(store.learners, config.limits);
    this.terminals = new Terminals(config.limits);
    this.hosts = new Hosts(
      {
        event: (host, event) => this.#hear(host, event),
        lost: (host) => this.#lost(host),
        arrived: () => this.#arrived(),
      },
      log,
    );
    this.sessions = new Sessions(this.hosts, config.limits, (session, why) => this.#ended(session, why));
    this.runs = new Runs(config, this.pages, this.sessions, store, this.metrics);
    this.gradings = new Gradings(config.limits, this.hosts, this.labs, this.pages, store, this.metrics);
  }

  /** Waits for hosts, and takes up what the last server left. */
  async open(): Promise<void> {
    await this.hosts.listen(this.config.hostSocket);
    await this.gradings.resume();
    this.#sweeper = setInterval(() => {
      this.sessions.closeIdle();
      this.#roomMade();
    }, SWEEP_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.gradings.close();
    await this.runs.close();
    await this.hosts.close();
    await this.store.close();
  }

  /** What a lesson or a lab needs, by its id. */
  needs(lesson: string): LessonNeeds | null {
    return this.lessons.get(lesson) ?? this.labs.get(lesson)?.needs ?? null;
  }

  /** The languages whose cells can run now. */
  get languages(): Language[] {
    return [...new Set(this.hosts.of('cells').flatMap((host) => host.status?.languages ?? []))];
  }

  /** What the Redis of these hosts says of its commands; empty until one is here. */
  get commands(): CommandHelp[] {
    return this.hosts.of('cells').find((host) => host.commands.length > 0)?.commands ?? [];
  }

  /** What a page is greeted with. */
  welcome(learner: string): Extract<ServerMessage, { type: 'welcome' }> {
    const { driver, walls } = this.health.sandbox;
    const missing = walls.filter((wall) => !wall.stands).map((wall) => wall.name);
    return {
      type: 'welcome',
      learner,
      server: this.id,
      sandbox: { driver, missing },
      languages: this.languages,
    };
  }

  /** What `/healthz` says. */
  get health(): Health {
    const cells = this.#status('cells');
    const grading = this.#status('grading');
    const status = cells ?? grading;
    const walls = status?.walls ?? [];
    const whole = cells !== null && grading !== null;
    this.#wasWhole ||= whole;
    return {
      status: whole ? 'ok' : this.#wasWhole ? 'degraded' : 'starting',
      redis: status?.redis ?? { version: '', modules: [] },
      sandbox: { driver: 'local', walls },
    };
  }

  #status(role: Host['role']): HostStatus | null {
    return this.hosts.of(role).find((host) => host.status !== null)?.status ?? null;
  }

  #hear(host: Host, event: HostEvent): void {
    if ('attempt' in event && event.attempt !== undefined) {
      this.gradings.event(host, event);
      return;
    }
    if (event.type === 'closed') {
      this.#closed(event);
      return;
    }
    const session = this.sessions.byId('session' in event ? event.session : undefined);
    if (session === null || session.host !== host) return;
    switch (event.type) {
      case 'instance':
        session.instance = event.state;
        session.unsaved = event.state === 'frozen' ? (event.unsaved ?? null) : null;
        this.#tellInstance(session, event.state, this.#instanceMessage(session, event));
        break;
      case 'kernel':
        session.kernels.set(event.language, event.state);
        this.pages.tell(session.learner, session.lesson, {
          type: 'kernel',
          ...placeOf(session),
          language: event.language,
          state: event.state,
          message: this.#kernelMessage(session, event),
        });
        break;
      case 'terminal-output':
      case 'terminal-ended':
        this.terminals.event(session, event);
        break;
      case 'keys':
      case 'key':
        this.explorer.answered(event);
        break;
      case 'refused':
        this.#refused(session, event);
        break;
      default:
        this.runs.event(event);
    }
  }

  /** Why a kernel died; one that its learner asked to start again has not suffered. */
  #kernelMessage(session: Session, event: Extract<HostEvent, { type: 'kernel' }>): Message | null {
    if (event.why === undefined) return null;
    return session.restarting.delete(event.language) ? french('kernel-restarted') : exitMessage(event.why);
  }

  /** A host's refusal goes to the run or the page it answers. */
  #refused(session: Session, event: Extract<HostEvent, { type: 'refused' }>): void {
    this.log.warn({ host: session.host.name, code: event.code, data: event.data }, 'a host refused');
    if (event.run !== undefined) {
      this.runs.event(event);
      return;
    }
    const question = event.request === undefined ? null : this.explorer.take(event.request);
    const message = french(event.code, event.data);
    if (question !== null) {
      const { page, request } = question;
      page.send({ type: 'refused', code: event.code, message, lesson: session.lesson, request });
    } else {
      this.pages.tell(session.learner, session.lesson, {
        type: 'refused',
        code: event.code,
        message,
        lesson: session.lesson,
      });
    }
  }

  #lost(host: Host): void {
    this.sessions.lost(host);
    this.gradings.lost(host);
  }

  /** What to say of an instance; one that dies again and again is killed by what a client resends. */
  #instanceMessage(
    session: Session,
    { state, why, unsaved }: Extract<HostEvent, { type: 'instance' }>,
  ): Message | null {
    if (unsaved !== undefined) return unsavedMessage(state, unsaved, this.#minutesLeft(session));
    const { topology } = session;
    if (state !== 'lost' || why === undefined || why.cause === 'reset' || topology !== undefined)
      return instanceMessage(state, why, topology);
    const now = Date.now();
    session.losses = [...session.losses.filter((at) => now - at < LOOP_MS), now];
    if (session.losses.length < LOOP_LOSSES) return instanceMessage(state, why);
    session.losses = [];
    for (const language of session.kernels.keys()) {
      session.host.send({ type: 'restart', session: session.id, language });
    }
    return french('instance-loop', { times: LOOP_LOSSES });
  }

  /** What a page that opens the lesson now must know of what its Redis holds. */
  unsaved(session: Session): Message | null {
    const { unsaved, instance } = session;
    return unsaved && unsavedMessage(instance, unsaved, this.#minutesLeft(session));
  }

  #minutesLeft(session: Session): number {
    const patience = this.sessions.idleMs({ unsaved: { why: 'too-large', limit: 0 }, topology: undefined });
    return Math.max(1, Math.round((session.usedAt + patience - Date.now()) / 60_000));
  }

  /** A session that was closed awake may have lost what its learner was told is kept. */
  #closed({ session: id, unsaved }: Extract<HostEvent, { type: 'closed' }>): void {
    const session = this.sessions.closed(id);
    if (session === null || unsaved === undefined || session.unsaved !== null) return;
    if (this.sessions.find(session.learner, session.lesson) !== null) return;
    this.#tellInstance(session, 'stopped', unsavedMessage('stopped', unsaved));
  }

  /** Pages that were open before their host learn what can run now. */
  #arrived(): void {
    for (const page of this.pages) page.send(this.welcome(page.learner));
    this.#roomMade();
  }

  #ended(session: Session, why: SessionEnd): void {
    this.runs.sessionLost(session);
    this.terminals.sessionLost(session);
    if (why === 'lost') this.#tellInstance(session, 'lost', french('host-lost'));
    else {
      const { unsaved, topology } = session;
      const kept = french(`${topology === undefined ? 'instance' : 'topology'}-${why}`);
      const message = unsaved === null ? kept : unsavedMessage('stopped', unsaved);
      this.#tellInstance(session, 'stopped', message);
    }
  }

  #tellInstance(session: Session, state: InstanceState, message: Message | null): void {
    const { learner, lesson } = session;
    this.pages.tell(learner, lesson, { type: 'instance', ...placeOf(session), state, message });
  }

  #roomMade(): void {
    this.runs.roomMade();
    this.gradings.roomMade();
  }
}

/** What a message about a session is about. */
function placeOf({ lesson, topology }: Session): { lesson: string; topology?: TopologyKind } {
  return { lesson, ...(topology && { topology }) };
}
