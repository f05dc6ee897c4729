/**
 * Sessions: one learner's work on one lesson, held by one host. A session is opened by the first
 * thing that needs a Redis, never by a page view; it is closed when idle, and lost with its host.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Limits } from './config.ts';
import type {
  InstanceState,
  KernelState,
  Language,
  LessonNeeds,
  TopologyKind,
  Unsaved,
} from './host/protocol.ts';
import type { Host, Hosts } from './hosts.ts';

/** One learner's work on one lesson: on its instance, or on a topology of it. */
export interface Session {
  readonly id: string;
  readonly learner: string;
  readonly lesson: string;
  /** Its nodes; undefined for the lesson's own instance. */
  readonly topology: TopologyKind | undefined;
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
export type SessionRefusal = 'full' | 'no-host' | 'topologies-full';

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

  find(learner: string, lesson: string, topology?: TopologyKind): Session | null {
    return this.#byPlace.get(placeOf({ learner, lesson, topology })) ?? null;
  }

  byId(id: string | undefined): Session | null {
    return (id !== undefined && this.#byId.get(id)) || null;
  }

  /** Whether `open` would find room. */
  hasRoom(learner: string, { lesson, topology }: LessonNeeds): boolean {
    if (this.find(learner, lesson, topology) !== null) return true;
    return this.#hosts.of('cells').length > 0 && this.#makesRoom(learner, topology) !== undefined;
  }

  /** Whether the server has as many topologies as it can, and this learner none of them to give up. */
  refuses(learner: string, { lesson, topology }: LessonNeeds): boolean {
    if (topology === undefined || this.find(learner, lesson, topology) !== null) return false;
    const open = this.#topologies();
    if (open.some((session) => session.learner === learner)) return false;
    return open.length >= this.#limits.topologies && yielding(open) === undefined;
  }

  /** The learner's session on a lesson, opened if it was not. */
  open(learner: string, needs: LessonNeeds): Session | SessionRefusal {
    const { lesson, topology } = needs;
    const known = this.find(learner, lesson, topology);
    if (known !== null) {
      known.usedAt = Date.now();
      return known;
    }
    const host = this.#hosts.of('cells')[0];
    if (host === undefined) return 'no-host';
    const room = this.#makesRoom(learner, topology);
    if (room === undefined) return topology === undefined ? 'full' : 'topologies-full';
    for (const session of room) this.#close(session, 'yielded');
    const session: Session = {
      id: randomBytes(12).toString('base64url'),
      learner,
      lesson,
      topology,
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
    this.#byPlace.set(placeOf(session), session);
    const state = topology === undefined && { state: stateOf(learner, lesson) };
    host.send({ type: 'open', session: session.id, needs, ...state, owner: hashed(learner) });
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
  idleMs({ unsaved, topology }: Pick<Session, 'unsaved' | 'topology'>): number {
    if (topology !== undefined) return this.#limits.topologyIdleMs;
    return this.#limits.sessionIdleMs * (unsaved === null ? 1 : UNSAVED_PATIENCE);
  }

  /** Closes the sessions that nobody has used for a while. */
  closeIdle(now: number = Date.now()): void {
    for (const session of this.#byId.values()) {
      if (session.runs === 0 && now - session.usedAt > this.idleMs(session)) this.#close(session, 'idle');
    }
  }

  #close(session: Session, why: SessionEnd): void {
    if (!this.#byId.has(session.id)) return;
    session.host.send({ type: 'close', session: session.id });
    this.#closing.set(session.id, session);
    this.#forget(session, why);
    if (session.topology !== undefined) return;
    // A topology is a part of its lesson: it goes with it.
    for (const other of this.#topologies()) {
      if (other.learner === session.learner && other.lesson === session.lesson && other.runs === 0)
        this.#close(other, why);
    }
  }

  /** What must be closed to make room, nothing when there is some; undefined when there is none to be made. */
  #makesRoom(learner: string, topology: TopologyKind | undefined): Session[] | undefined {
    if (topology !== undefined) return this.#makesRoomForNodes(learner);
    // Those whose data would be lost come last.
    const sessions = [...this.#byId.values()]
      .filter((session) => session.topology === undefined)
      .toSorted((a, b) => Number(a.unsaved !== null) - Number(b.unsaved !== null) || a.usedAt - b.usedAt);
    const own = sessions.filter((session) => session.learner === learner);
    const full = own.length >= this.#limits.sessionsPerLearner;
    if (!full && sessions.length < this.#limits.sessions) return [];
    const room = full ? own.find((session) => session.runs === 0) : yielding(sessions);
    return room && [room];
  }

  /** The same for a topology: a learner has one at most. */
  #makesRoomForNodes(learner: string): Session[] | undefined {
    const open = this.#topologies();
    const own = open.find((session) => session.learner === learner);
    if (own !== undefined) return own.runs === 0 ? [own] : undefined;
    if (open.length < this.#limits.topologies) return [];
    const room = yielding(open);
    return room && [room];
  }

  #topologies(): Session[] {
    return [...this.#byId.values()]
      .filter((session) => session.topology !== undefined)
      .toSorted((a, b) => a.usedAt - b.usedAt);
  }

  #forget(session: Session, why: SessionEnd): void {
    session.host.uses -= 1;
    this.#byId.delete(session.id);
    this.#byPlace.delete(placeOf(session));
    this.#ended(session, why);
  }
}

/** The first of these that somebody left long enough ago to give its place. */
function yielding(sessions: Session[]): Session | undefined {
  const left = Date.now() - YIELDS_MS;
  return sessions.find((session) => session.runs === 0 && session.usedAt < left);
}

function placeOf({ learner, lesson, topology }: Pick<Session, 'learner' | 'lesson' | 'topology'>): string {
  return `${learner} ${lesson} ${topology ?? ''}`;
}

/** The name under which a host keeps what a session held: no character of a lesson's own name is in it. */
function stateOf(learner: string, lesson: string): string {
  return `${learner}/${hashed(lesson)}`;
}

function hashed(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
