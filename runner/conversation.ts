/** What a page asks over its WebSocket, and what is done about it; a refusal costs the learner nothing. */
import type { Atelier } from './atelier.ts';
import { admit, type Origin } from './door.ts';
import type { LessonNeeds, TopologyKind } from './host/protocol.ts';
import { solutionOf, type Lab } from './labs.ts';
import type { Page } from './pages.ts';
import { showsSolution, usesAttempt, whyNotTaken } from './policy.ts';
import type { ClientMessage } from './protocol.ts';
import type { Session } from './sessions.ts';
import { french } from './texts/fr.ts';
import type { Data } from './texts/say.ts';

type Ask<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;

/** A request that is not taken, and why. */
class Refusal extends Error {
  readonly code: string;
  readonly data: Data;

  constructor(code: string, data: Data = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}

/** Does what one message asks, whatever it may be. */
export async function listen(atelier: Atelier, page: Page, text: string): Promise<void> {
  const admission = admit(text, atelier.config.limits);
  if (admission.refused !== undefined) {
    const { code, data, origin } = admission.refused;
    refuse(atelier, page, code, data, origin);
    return;
  }
  const { message } = admission;
  try {
    await obey(atelier, page, message);
  } catch (error) {
    if (!(error instanceof Refusal)) atelier.metrics.failed(error);
    const { code, data } = error instanceof Refusal ? error : new Refusal('platform');
    refuse(atelier, page, code, data, originOf(message));
  }
}

/** Tells a page that something it asked was not taken. */
export function refuse(
  atelier: Atelier,
  page: Page,
  code: string,
  data: Data = {},
  origin: Origin = {},
): void {
  atelier.metrics.refused(code);
  page.send({ type: 'refused', code, message: french(code, data), ...origin });
}

async function obey(atelier: Atelier, page: Page, message: ClientMessage): Promise<void> {
  switch (message.type) {
    case 'hello':
      return hello(atelier, page, message);
    case 'run':
      return run(atelier, page, message);
    case 'interrupt':
      if (!atelier.runs.interrupt(page.learner, message.lesson, message.cell))
        throw new Refusal('nothing-runs');
      return;
    case 'restart': {
      const { host, id, kernels, restarting } = started(atelier, page, message.lesson, message.topology);
      if (kernels.has(message.language)) restarting.add(message.language);
      return host.send({ type: 'restart', session: id, language: message.language });
    }
    case 'reset': {
      const { host, id } = started(atelier, page, message.lesson, message.topology);
      return host.send({ type: 'reset', session: id });
    }
    case 'draft':
      return saveDraft(atelier, page, message);
    case 'forget-draft': {
      const { lesson, cell, language } = message;
      needsOf(atelier, lesson);
      return atelier.store.drafts.forget({ learner: page.learner, lesson, cell, language });
    }
    case 'terminal-open':
      return openTerminal(atelier, page, message);
    case 'terminal-input':
    case 'terminal-resize': {
      const { lesson, ...request } = message;
      const session = started(atelier, page, lesson);
      if (atelier.terminals.find(session, message.terminal) === null) throw new Refusal('unknown-terminal');
      return session.host.send({ ...request, session: session.id });
    }
    case 'terminal-close':
      return atelier.terminals.close(started(atelier, page, message.lesson), message.terminal);
    case 'keys': {
      const session = started(atelier, page, message.lesson);
      return atelier.explorer.keys(page, session, message.request, message.pattern, message.cursor);
    }
    case 'key':
      return atelier.explorer.key(page, started(atelier, page, message.lesson), message.request, message.key);
    case 'verify':
      return verify(atelier, page, message);
    case 'hint':
      return hint(atelier, page, message);
    case 'solution':
      return solution(atelier, page, message);
  }
}

function hello(atelier: Atelier, page: Page, { lesson }: Ask<'hello'>): void {
  needsOf(atelier, lesson);
  page.lessons.add(lesson);
  const session = atelier.sessions.find(page.learner, lesson);
  if (session !== null) {
    page.send({ type: 'instance', lesson, state: session.instance, message: atelier.unsaved(session) });
    for (const [language, state] of session.kernels) {
      page.send({ type: 'kernel', lesson, language, state, message: null });
    }
  }
  for (const missed of atelier.runs.replay(page.learner, lesson)) page.send(missed);
  for (const missed of atelier.gradings.replay(page.learner, lesson)) page.send(missed);
}

function run(atelier: Atelier, page: Page, message: Ask<'run'>): void {
  const { cell, language, code, topology, roundTripMs = 0, fault = 'none' } = message;
  const needs = { ...needsOf(atelier, message.lesson), ...(topology && { topology }) };
  const { languages } = atelier;
  if (languages.length > 0 && !languages.includes(language))
    throw new Refusal('unknown-language', { language });
  page.lessons.add(message.lesson);
  if (atelier.sessions.refuses(page.learner, needs))
    throw new Refusal('topologies-full', { limit: atelier.config.limits.topologies });
  const refused = atelier.runs.request({
    learner: page.learner,
    needs,
    cell,
    language,
    code,
    roundTripMs,
    fault,
  });
  if (refused !== null) throw new Refusal(refused, { limit: atelier.config.limits.waitingRuns });
}

async function saveDraft(atelier: Atelier, page: Page, message: Ask<'draft'>): Promise<void> {
  const { lesson, cell, language, code, revision, basis } = message;
  needsOf(atelier, lesson);
  const { drafts } = atelier.store;
  const limit = atelier.config.limits.drafts;
  if ((await drafts.count(page.learner)) >= limit) throw new Refusal('too-many-drafts', { limit });
  const place = { learner: page.learner, lesson, cell, language };
  const stands = await drafts.save(place, { code, revision, basis, at: Date.now() });
  page.send({ type: 'saved', lesson, cell, revision: stands });
}

function openTerminal(atelier: Atelier, page: Page, message: Ask<'terminal-open'>): void {
  const { terminal, columns, rows } = message;
  const session = atelier.sessions.open(page.learner, needsOf(atelier, message.lesson));
  if (typeof session === 'string') throw new Refusal(session);
  page.lessons.add(message.lesson);
  const refused = atelier.terminals.open(page, session, terminal, columns, rows);
  if (refused !== null) throw new Refusal(refused, { limit: atelier.config.limits.terminalsPerLearner });
}

async function verify(atelier: Atelier, page: Page, message: Ask<'verify'>): Promise<void> {
  const lab = labOf(atelier, message.lab);
  const { language, code } = message;
  if (!lab.languages.includes(language)) throw new Refusal('unknown-language', { language });
  page.lessons.add(lab.id);
  const used = (await atelier.store.attempts.classes(page.learner, lab.id)).filter(usesAttempt).length;
  const why = whyNotTaken(lab.policy, Date.now(), used);
  if (why !== null) throw new Refusal(why.code, why.data);
  const refused = await atelier.gradings.verify(page.learner, lab, language, code);
  if (refused !== null) throw new Refusal(refused);
}

async function hint(atelier: Atelier, page: Page, message: Ask<'hint'>): Promise<void> {
  const lab = labOf(atelier, message.lab);
  const markdown = lab.hints[message.level - 1];
  const opened = await atelier.store.hints.level(page.learner, lab.id);
  if (markdown === undefined || message.level > opened + 1) throw new Refusal('no-hint');
  await atelier.store.hints.opened(page.learner, lab.id, message.level, Date.now());
  page.send({ type: 'hint', lab: lab.id, level: message.level, markdown });
}

async function solution(atelier: Atelier, page: Page, message: Ask<'solution'>): Promise<void> {
  const lab = labOf(atelier, message.lab);
  const solved = await atelier.store.attempts.solved(page.learner, lab.id);
  if (!showsSolution(lab.policy, Date.now(), solved)) {
    throw new Refusal(lab.policy.kind === 'assessed' ? 'solution-after-due' : 'solution-withheld');
  }
  const code = await solutionOf(lab, message.language);
  if (code === null) throw new Refusal('no-solution');
  page.send({ type: 'solution', lab: lab.id, language: message.language, code });
}

function needsOf(atelier: Atelier, lesson: string): LessonNeeds {
  const needs = atelier.needs(lesson);
  if (needs === null) throw new Refusal('unknown-lesson');
  return needs;
}

function labOf(atelier: Atelier, id: string): Lab {
  const lab = atelier.labs.get(id);
  if (lab === undefined) throw new Refusal('unknown-lab');
  return lab;
}

/** The session of a lesson that must be open already. */
function started(atelier: Atelier, page: Page, lesson: string, topology?: TopologyKind): Session {
  needsOf(atelier, lesson);
  const session = atelier.sessions.find(page.learner, lesson, topology);
  if (session === null) throw new Refusal('not-started');
  session.usedAt = Date.now();
  return session;
}

function originOf(message: ClientMessage): Origin {
  const { lesson, cell, lab, request } = message as Origin;
  return {
    ...(lesson && { lesson }),
    ...(cell && { cell }),
    ...(lab && { lab }),
    ...(request && { request }),
  };
}
