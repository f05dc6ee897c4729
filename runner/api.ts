/** The HTTP half of the protocol: what is kept, for the learner who asks and nobody else. */
import { createHash } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Atelier } from './atelier.ts';
import { cookieOf, tokenIn } from './learner.ts';
import type { Verdict } from './host/protocol.ts';
import { addressOf, foreign, type Names } from './origin.ts';
import type { Attempt, LabState, LessonState } from './protocol.ts';
import { pointsAfterHints, showsSolution, usesAttempt } from './policy.ts';
import { Rate } from './rate.ts';
import { Reports, type ReportClaims } from './reports.ts';
import { Site } from './site.ts';
import type { GradedAttempt } from './store/attempts.ts';
import { french } from './texts/fr.ts';
import { shownVerdict } from './verdict.ts';

type Environment = { Bindings: HttpBindings; Variables: { learner: string } };

const SECURITY: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

/** The HTTP application; `names` is known once the server listens. */
export function api(atelier: Atelier, names: () => Names): Hono<Environment> {
  const { config } = atelier;
  const site = new Site(config.site);
  const reports = new Reports(config.data);
  const rate = new Rate(config.limits.requestsAtOnce, config.limits.requestsPerSecond);
  const app = new Hono<Environment>();

  app.use(async (context, next) => {
    const refused = foreign(names(), context.env.incoming.headers);
    if (refused !== null) return refuse(context, 403, refused);
    if (!rate.take(addressOf(context.env.incoming, config.behindProxy))) {
      return refuse(context, 429, 'too-many-requests');
    }
    await next();
    for (const [name, value] of Object.entries(SECURITY)) context.res.headers.set(name, value);
    return undefined;
  });

  app.get('/healthz', (context) => {
    const { health } = atelier;
    return context.json(health, health.status === 'starting' ? 503 : 200, { 'cache-control': 'no-store' });
  });

  app.get('/metrics', async (context) => {
    const from = context.env.incoming.socket.remoteAddress ?? '';
    const local = /^(::ffff:)?127\.|^::1$/.test(from) && context.req.header('x-forwarded-for') === undefined;
    return local ? context.text(await atelier.metrics.text()) : refuse(context, 404, 'not-found');
  });

  // The same for everyone as long as Redis is: kept by the browser, asked again with its tag.
  app.get('/api/commands', compress(), etag(), (context) => {
    const { commands } = atelier;
    return commands.length === 0
      ? refuse(context, 503, 'no-host')
      : context.json(commands, 200, { 'cache-control': 'no-cache' });
  });

  app.use('/api/*', compress(), async (context, next) => {
    await next();
    context.res.headers.set('cache-control', 'no-store');
  });

  app.post('/api/learner', async (context) => {
    const known = await atelier.learners.find(tokenIn(context.req.header('cookie')));
    if (known !== null) return context.json({ learner: known });
    const made = await atelier.learners.make(addressOf(context.env.incoming, config.behindProxy));
    if (typeof made === 'string') return refuse(context, 429, made);
    context.header('set-cookie', cookieOf(made.token, config.origin?.startsWith('https:') ?? false));
    return context.json({ learner: made.learner }, 201);
  });

  // Whoever is given a report may ask whether it is ours.
  app.get('/api/reports/key', (context) => context.json(reports.key));
  app.get('/api/reports/:report', (context) => {
    const claims = reports.read(context.req.param('report'));
    return context.json({ genuine: claims !== null, claims }, claims === null ? 422 : 200);
  });

  app.use('/api/*', async (context, next) => {
    const learner = await atelier.learners.find(tokenIn(context.req.header('cookie')));
    if (learner === null) return refuse(context, 401, 'no-learner');
    context.set('learner', learner);
    await next();
    return undefined;
  });

  app.get('/api/progress', async (context) =>
    context.json(await atelier.store.progress.of(context.get('learner'))),
  );

  app.get('/api/lessons/:lesson', async (context) => {
    const lesson = context.req.param('lesson');
    if (atelier.needs(lesson) === null) return refuse(context, 404, 'unknown-lesson');
    return context.json(await lessonState(atelier, context.get('learner'), lesson));
  });

  app.get('/api/labs/:lab', async (context) => {
    const state = await labState(atelier, context.get('learner'), context.req.param('lab'));
    return state === null ? refuse(context, 404, 'unknown-lab') : context.json(state);
  });

  app.get('/api/attempts/:attempt', async (context) => {
    const attempt = await atelier.store.attempts.find(context.req.param('attempt'));
    if (attempt === null || attempt.learner !== context.get('learner'))
      return refuse(context, 404, 'not-found');
    return context.json(shownAttempt(atelier, attempt));
  });

  app.get('/api/attempts/:attempt/report', async (context) => {
    const attempt = await atelier.store.attempts.find(context.req.param('attempt'));
    if (attempt === null || attempt.learner !== context.get('learner'))
      return refuse(context, 404, 'not-found');
    const { standing } = attempt;
    if (standing === null || !standing.final || standing.verdict.class === 'platform')
      return refuse(context, 409, 'not-final');
    return context.json({ report: reports.sign(await reportOf(atelier, attempt, standing.verdict)) });
  });

  app.all('/api/*', (context) => refuse(context, 404, 'not-found'));

  app.get('*', async (context) => {
    const accepts = context.req.header('accept-encoding') ?? '';
    const { pathname } = new URL(context.req.url);
    const page = await site.answer(pathname, accepts, context.req.header('if-none-match') ?? '');
    return new Response(page.body, { status: page.status, headers: page.headers });
  });

  app.notFound((context) => refuse(context, 404, 'not-found'));
  app.onError((error, context) => {
    atelier.metrics.failed(error);
    return refuse(context, 500, 'platform');
  });
  return app;

  function refuse(context: Context, status: ContentfulStatusCode, code: string): Response {
    atelier.metrics.refused(code);
    return context.json({ message: french(code) }, status, SECURITY);
  }
}

async function lessonState(atelier: Atelier, learner: string, lesson: string): Promise<LessonState> {
  const [drafts, outputs] = await Promise.all([
    atelier.store.drafts.of(learner, lesson),
    atelier.store.outputs.of(learner, lesson),
  ]);
  const active = atelier.runs.active(learner, lesson);
  return {
    lesson,
    drafts,
    outputs: outputs.filter(({ cell, language }) => !active.has(`${cell} ${language}`)),
  };
}

async function labState(atelier: Atelier, learner: string, id: string): Promise<LabState | null> {
  const lab = atelier.labs.get(id);
  if (lab === undefined) return null;
  const { store } = atelier;
  const [drafts, attempts, hints, solved, classes] = await Promise.all([
    store.drafts.of(learner, id),
    store.attempts.of(learner, id),
    store.hints.level(learner, id),
    store.attempts.solved(learner, id),
    store.attempts.classes(learner, id),
  ]);
  const { attempts: most, due, hintCost } = lab.policy;
  return {
    lab: id,
    drafts,
    attempts: attempts.map((row) => shownAttempt(atelier, row)),
    hints,
    solved,
    attemptsLeft: most === null ? null : Math.max(0, most - classes.filter(usesAttempt).length),
    due,
    hintCost,
    solutionShown: showsSolution(lab.policy, Date.now(), solved),
  };
}

/** What this server vouches for, of an attempt that it graded. */
async function reportOf(atelier: Atelier, attempt: GradedAttempt, verdict: Verdict): Promise<ReportClaims> {
  const { id, learner, lab, language, code, at } = attempt;
  const hints = await atelier.store.hints.level(learner, lab, at);
  const policy = atelier.labs.get(lab)?.policy;
  return {
    iss: atelier.config.origin ?? 'atelier-redis',
    sub: learner,
    iat: Math.floor(Date.now() / 1000),
    attempt: id,
    lab,
    language,
    sha256: createHash('sha256').update(code).digest('hex'),
    handedIn: Math.floor(at / 1000),
    class: verdict.class,
    points: policy ? pointsAfterHints(policy, verdict.points, hints) : verdict.points,
    outOf: verdict.outOf,
    hints,
    // Of a hidden check, its name would tell what it looks for.
    checks: verdict.checks
      .filter(({ visibility }) => visibility === 'public')
      .map(({ id: check, state, points }) => ({ id: check, state, points })),
    versions: verdict.versions,
  };
}

function shownAttempt(atelier: Atelier, { id, lab, language, code, at, standing }: GradedAttempt): Attempt {
  const known = atelier.labs.get(lab);
  const verdict = standing === null || known === undefined ? null : shownVerdict(known, standing.verdict);
  return { attempt: id, lab, language, code, at, verdict };
}
