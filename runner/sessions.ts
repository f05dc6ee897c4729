/**
 * Sessions: one learner's work on one lesson, held by one host. A session is opened by the first
 * thing that needs a Redis, never by a page view; it is closed when idle, and lost with its host.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Limits } from './config.ts';
import type { InstanceState, KernelState, Language, LessonNeeds, Unsaved } from './host/protocol.ts';
import type { Host, Hosts } from './hosts.ts';

/** One learner's work on one lesson. */
export interface Session {
  readonly id: string;
  readonly learner: string;
  readonly lesson: string;
  readonly host: Host;
  instance: InstanceState;
  /** Why what its Redis holds would be lost if it were stopped now. */
  unsaved: Unsaved | null;
  readonly kernels: Map<Language, KernelState>;
  /** When its instance was lost, lately. */
  losses: number[];
  /** Kernels that the learner asked to start again. */
  readonly restarting: Set<Language>;
  /** Runs that keep it from being closed. */
  runs: number;
  usedAt: number;
}

/** Why a session is no more: nobody used it, another one needed its place, or its host is gone. */
export type SessionEnd = 'idle' | 'yielded' | 'lost';

/** Why a session could not be opened. */
export type SessionRefusal = 'full' | 'no-host';

/** A lesson left alone this long gives its place to someone who waits. */
const YIELDS_MS = 60_000;
/** How many times as long one is left alone whose data would be lost. */
const UNSAVED_PATIENCE = 4;

/** The sessions that are open now. */
export class Sessions {
  readonly #hosts: Hosts;
  readonly #limits: Limits;
  readonly #ended: (session: Session, why: SessionEnd) => void;
  readonly #byId = new Map<string, Session>();
  readonly #byPlace = new Map<string, Session>();
  /** Sessions whose host still ends them. */
  readonly #closing = new Map<string, Session>();

  /** `ended` is called after a session was closed or lost. */
  constructor(hosts: Hosts, limits: Limits, ended: (session: Session, why: SessionEnd) => void) {
    this.#hosts = hosts;
    this.#limits = limits;
    this.#ended = ended;
  }

  get count(): number {
    return this.#byId.size;
  }

  find(learner: string, lesson: string): Session | null {
    return this.#byPlace.get(`${learner} ${lesson}`) ?? null;
  }

  byId(id: string | undefined): Session | null {
    return (id !== undefined && this.#byId.get(id)) || null;
  }

  /** Whether `open` would find room. */
  hasRoom(learner: string, lesson: string): boolean {
    if (this.find(learner, lesson) !== null) return true;
    return this.#hosts.of('cells').length > 0 && this.#makesRoom(learner) !== undefined;
  }

  /** The learner's session on a lesson, opened if it was not. */
  open(learner: string, needs: LessonNeeds): Session | SessionRefusal {
    const known = this.find(learner, needs.lesson);
    if (known !== null) {
      known.usedAt = Date.now();
      return known;
    }
    const host = this.#hosts.of('cells')[0];
    if (host === undefined) return 'no-host';
    const room = this.#makesRoom(learner);
    if (room === undefined) return 'full';
    if (room !== null) this.#close(room, 'yielded');
    const session: Session = {
      id: randomBytes(12).toString('base64url'),
      learner,
      lesson: needs.lesson,
      host,
      instance: 'stopped',
      unsaved: null,
      kernels: new Map(),
      losses: [],
      restarting: new Set(),
      runs: 0,
      usedAt: Date.now(),
    };
    host.uses += 1;
    this.#byId.set(session.id, session);
    this.#byPlace.set(`${learner} ${needs.lesson}`, session);
    const [state, owner] = [stateOf(learner, needs.lesson), hashed(learner)];
    host.send({ type: 'open', session: session.id, needs, state, owner });
    return session;
  }

  /** Forgets the sessions of a host that is gone. */
  lost(host: Host): void {
    for (const session of this.#byId.values()) {
      if (session.host === host) this.#forget(session, 'lost');
    }
    for (const session of this.#closing.values()) if (session.host === host) this.#closing.delete(session.id);
  }

  /** The session that its host has ended now. */
  closed(id: string): Session | null {
    const session = this.#closing.get(id) ?? null;
    this.#closing.delete(id);
    return session;
  }

  /** How long after its last use an idle session is closed. */
  idleMs({ unsaved }: Pick<Session, 'unsaved'>): number {
    return this.#limits.sessionIdleMs * (unsaved === null ? 1 : UNSAVED_PATIENCE);
  }

  /** Closes the sessions that nobody has used for a while. */
  closeIdle(now: number = Date.now()): void {
    for (const session of this.#byId.values()) {
      if (session.runs === 0 && now - session.usedAt > this.idleMs(session)) this.#close(session, 'idle');
    }
  }

  #close(session: Session, why: SessionEnd): void {
    session.host.send({ type: 'close', session: session.id });
    this.#closing.set(session.id, session);
    this.#forget(session, why);
  }

  /** Null when there is room, the session to close when that makes some, undefined when nothing does. */
  #makesRoom(learner: string): Session | null | undefined {
    // Those whose data would be lost come last.
    const sessions = [...this.#byId.values()].toSorted(
      (a, b) => Number(a.unsaved !== null) - Number(b.unsaved !== null) || a.usedAt - b.usedAt,
    );
    const own = sessions.filter((session) => session.learner === learner);
    if (own.length >= this.#limits.sessionsPerLearner) return own.find((session) => session.runs === 0);
    if (sessions.length < this.#limits.sessions) return null;
    const left = Date.now() - YIELDS_MS;
    return sessions.find((session) => session.runs === 0 && session.usedAt < left);
  }

  #forget(session: Session, why: SessionEnd): void {
    session.host.uses -= 1;
    this.#byId.delete(session.id);
    this.#byPlace.delete(`${session.learner} ${session.lesson}`);
    this.#ended(session, why);
  }
}

/** The name under which a host keeps what a session held: no character of a lesson's own name is in it. */
function stateOf(learner: string, lesson: string): string {
  return `${learner}/${hashed(lesson)}`;
}

function hashed(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
