/**
 * Gradings: an answer's way from the page to its verdict. It is stored before anything else, waits
 * its turn, and gives its place up at the first verdict: latency follows on the grading host's own
 * reserved slot. What a dead server or host left without a final verdict is graded again.
 */
import { randomBytes } from 'node:crypto';
import type { Limits } from './config.ts';
import type { HostEvent, Language, Verdict } from './host/protocol.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Lab } from './labs.ts';
import type { Pages } from './pages.ts';
import type { ServerMessage } from './protocol.ts';
import { Queue } from './queue.ts';
import { Rate } from './rate.ts';
import type { AttemptRow } from './store/attempts.ts';
import type { Store } from './store/store.ts';
import { shownCheck, shownVerdict } from './verdict.ts';

interface Grading {
  readonly attempt: AttemptRow;
  readonly lab: Lab;
  readonly number: number;
  host: Host | null;
  place: number;
  /** Its place in the host's queue for the measure of latency; 0 when it is not there. */
  timing: number;
  /** Times a host was asked; a second loss ends it. */
  tries: number;
  /** Whether its first verdict is known; the learner may then hand in another answer. */
  answered: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Who is told how gradings ended, and what could not be kept. */
export interface GradingWatcher {
  graded(verdict: Verdict['class'], seconds: number): void;
  failed(error: unknown): void;
}

const RECENT_MS = 3_600_000;

/** Every grading that waits or runs now. */
export class Gradings {
  readonly #gradings = new Map<string, Grading>();
  readonly #queue: Queue;
  readonly #rate: Rate;
  readonly #limits: Limits;
  readonly #hosts: Hosts;
  readonly #labs: ReadonlyMap<string, Lab>;
  readonly #pages: Pages;
  readonly #store: Store;
  readonly #watcher: GradingWatcher;

  constructor(
    limits: Limits,
    hosts: Hosts,
    labs: ReadonlyMap<string, Lab>,
    pages: Pages,
    store: Store,
    watcher: GradingWatcher,
  ) {
    this.#limits = limits;
    this.#hosts = hosts;
    this.#labs = labs;
    this.#pages = pages;
    this.#store = store;
    this.#watcher = watcher;
    this.#queue = new Queue({ running: limits.gradings, perLearner: 1, waiting: 1 });
    this.#rate = new Rate(limits.attemptsAtOnce, limits.attemptsPerMinute / 60);
  }

  get count(): number {
    return this.#gradings.size;
  }

  /** Stores an answer and lets it wait for its verdict, or says why not. */
  async verify(learner: string, lab: Lab, language: Language, code: string): Promise<string | null> {
    const open = [...this.#gradings.values()].filter((grading) => grading.attempt.learner === learner);
    if (open.some((grading) => !grading.answered)) return 'attempt-running';
    if (!this.#rate.take(learner)) return 'too-many-attempts';
    const id = randomBytes(12).toString('base64url');
    const attempt = { id, learner, lab: lab.id, language, code, at: Date.now() };
    const grading = this.#add(attempt, lab, 1);
    try {
      await this.#store.attempts.add(attempt);
    } catch (error) {
      this.#gradings.delete(id);
      throw error;
    }
    this.#enter(grading);
    return null;
  }

  /** Takes up again what the last server left without a final verdict. */
  async resume(): Promise<void> {
    for (const attempt of await this.#store.attempts.unfinished(Date.now() - RECENT_MS)) {
      const lab = this.#labs.get(attempt.lab);
      if (lab !== undefined) this.#enter(this.#add(attempt, lab, 1));
    }
  }

  /** Lets waiting gradings see that a host has come. */
  roomMade(): void {
    this.#queue.serve();
  }

  /** What a host says of an attempt. */
  event(host: Host, event: HostEvent): void {
    if (!('attempt' in event) || event.attempt === undefined) return;
    const grading = this.#gradings.get(event.attempt);
    if (grading === undefined || grading.host !== host) return;
    const { id, lab } = grading.attempt;
    if (event.type === 'check') {
      this.#tell(grading, { type: 'check', lab, attempt: id, check: shownCheck(grading.lab, event.check) });
    } else if (event.type === 'verdict') {
      this.#judge(grading, event.verdict, event.final);
    } else if (event.type === 'timing') {
      grading.timing = event.place;
      // The measures before this one, one at a time, are not its own time.
      this.#bound(grading, host, this.#limits.gradingMs * (event.place + 1));
      this.#tell(grading, { type: 'timing', lab, attempt: id, place: event.place });
    } else if (event.type === 'refused') {
      this.#judge(grading, platformVerdict(event.code), true);
    }
  }

  /** Grades again what a host took with it, once. */
  lost(host: Host): void {
    for (const grading of this.#gradings.values()) {
      if (grading.host === host) this.#again(grading, 'host-lost');
    }
  }

  /** What a page that opens the lab now has missed. */
  replay(learner: string, lab: string): ServerMessage[] {
    return [...this.#gradings.values()]
      .filter(({ attempt }) => attempt.learner === learner && attempt.lab === lab)
      .flatMap(({ attempt: { id }, place, timing }) => [
        { type: 'attempt', lab, attempt: id, place },
        ...(timing > 0 ? [{ type: 'timing' as const, lab, attempt: id, place: timing }] : []),
      ]);
  }

  close(): void {
    for (const grading of this.#gradings.values()) clearTimeout(grading.timer);
    this.#gradings.clear();
  }

  #add(attempt: AttemptRow, lab: Lab, number: number): Grading {
    const grading: Grading = {
      attempt,
      lab,
      number,
      host: null,
      place: 0,
      timing: 0,
      tries: 0,
      answered: false,
      timer: undefined,
    };
    this.#gradings.set(attempt.id, grading);
    return grading;
  }

  #enter(grading: Grading): void {
    const { id, lab } = grading.attempt;
    this.#tell(grading, { type: 'attempt', lab, attempt: id, place: 0 });
    this.#queue.enter({
      id,
      learner: grading.attempt.learner,
      key: id,
      ready: () => this.#hosts.of('grading').length > 0,
      start: () => this.#start(grading),
      moved: (place) => {
        grading.place = place;
        this.#tell(grading, { type: 'attempt', lab, attempt: id, place });
      },
    });
  }

  #start(grading: Grading): void {
    const { id, lab, language, code } = grading.attempt;
    const host = this.#hosts.of('grading')[0];
    if (grading.place > 0) this.#tell(grading, { type: 'attempt', lab, attempt: id, place: 0 });
    grading.place = 0;
    grading.tries += 1;
    grading.host = host;
    host.uses += 1;
    this.#bound(grading, host, this.#limits.gradingMs);
    host.send({
      type: 'grade',
      attempt: id,
      request: { lab, language, code, seed: null, latency: grading.lab.latency },
    });
  }

  /** Gives a host so long from now on; beyond, the attempt is taken from it. */
  #bound(grading: Grading, host: Host, ms: number): void {
    clearTimeout(grading.timer);
    grading.timer = setTimeout(() => {
      host.send({ type: 'cancel', attempt: grading.attempt.id });
      this.#again(grading, 'host-silent');
    }, ms);
  }

  #again(grading: Grading, why: string): void {
    this.#leaveHost(grading);
    if (grading.tries >= 2) this.#judge(grading, platformVerdict(why), true);
    else this.#enter(grading);
  }

  #leaveHost(grading: Grading): void {
    clearTimeout(grading.timer);
    if (grading.host !== null) grading.host.uses -= 1;
    grading.host = null;
    grading.timing = 0;
    this.#queue.done(grading.attempt.id);
  }

  #judge(grading: Grading, verdict: Verdict, final: boolean): void {
    const { id, lab, at } = grading.attempt;
    grading.answered = true;
    const keep = this.#store.attempts.judge(id, grading.number, verdict, final, Date.now());
    if (verdict.class === 'platform') {
      this.#watcher.failed(
        new Error(`grading of ${lab} failed: ${verdict.code} ${JSON.stringify(verdict.data ?? {})}`),
      );
    }
    if (final) {
      this.#leaveHost(grading);
      this.#gradings.delete(id);
      this.#watcher.graded(verdict.class, (Date.now() - at) / 1000);
    } else {
      this.#queue.done(id);
      if (grading.host) this.#bound(grading, grading.host, this.#limits.gradingMs);
    }
    const shown = shownVerdict(grading.lab, verdict);
    keep
      .catch((error: unknown) => this.#watcher.failed(error))
      .finally(() => this.#tell(grading, { type: 'verdict', lab, attempt: id, verdict: shown, final }));
  }

  #tell(grading: Grading, message: ServerMessage): void {
    this.#pages.tell(grading.attempt.learner, grading.attempt.lab, message);
  }
}

/** The verdict of an attempt that our own fault kept from being graded. */
function platformVerdict(code: string): Verdict {
  return {
    class: 'platform',
    checks: [],
    points: 0,
    outOf: 0,
    code,
    cost: null,
    latency: null,
    phases: {},
    versions: { lab: '', checker: '', server: '', driver: '' },
    seed: 0,
  };
}
