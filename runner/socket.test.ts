/** The server's doors, on a real server with a real store and no host: what is refused, how, and that nobody else suffers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { Client } from './commands/client.ts';
import { defaultLimits, readConfig } from './config.ts';
import type { LabState, LessonState } from './protocol.ts';
import { startServer, type RunningServer } from './server.ts';

let folder: string;
let server: RunningServer;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-server-'));
  const config = readConfig({ ATELIER_DATA: folder, PORT: '0' });
  config.limits = {
    ...defaultLimits(2),
    connectionsPerLearner: 3,
    learnersAtOnce: 50,
    messagesAtOnce: 100,
    messagesPerSecond: 20,
  };
  server = await startServer(config, pino({ level: 'silent' }));
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A raw request, so that Host and Origin can lie. */
async function raw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  const { port, hostname } = new URL(server.address);
  const sent = request({ host: hostname, port, path, method, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode!, body };
}

/** How a WebSocket handshake with these headers is answered. */
async function handshake(
  headers: Record<string, string>,
  path = '/ws',
): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(`${server.address.replace('http', 'ws')}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      resolve({ status: 101, body: '' });
    });
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
  });
}

describe('who may come in', () => {
  test('a foreign Host or Origin is refused by HTTP and by WebSocket, in French', async () => {
    const client = await Client.connect(server.address);
    const own = new URL(server.address).host;
    for (const path of ['/', '/healthz', '/api/progress']) {
      const host = await raw(path, { host: 'evil.example', cookie: client.cookie });
      assert.equal(host.status, 403);
      assert.match(host.body, /Ce serveur ne répond pas sous ce nom/);
      const origin = await raw(path, { host: own, origin: 'http://evil.example', cookie: client.cookie });
      assert.equal(origin.status, 403);
    }
    assert.equal(
      (await raw('/api/learner', { host: own, origin: 'https://evil.example' }, 'POST')).status,
      403,
    );
    const stolen = await handshake({ cookie: client.cookie, origin: 'http://evil.example' });
    assert.equal(stolen.status, 403);
    assert.match(stolen.body, /n’est pas celle du cours/);
    assert.equal((await handshake({ cookie: client.cookie, host: 'evil.example' })).status, 403);
    assert.equal((await handshake({ cookie: client.cookie, origin: server.address })).status, 101);
    await client.close();
  });

  test('nobody without a token comes in, and a guessed one opens nothing', async () => {
    assert.equal((await handshake({})).status, 401);
    assert.equal((await handshake({ cookie: `atelier=${'A'.repeat(22)}` })).status, 401);
    assert.equal((await fetch(`${server.address}/api/lessons/16-05`)).status, 401);
    assert.equal((await handshake({}, '/elsewhere')).status, 404);
  });

  test('one learner may not hold every socket', async () => {
    const first = await Client.connect(server.address);
    const others = [
      await Client.connect(server.address, first.cookie),
      await Client.connect(server.address, first.cookie),
    ];
    const refused = await handshake({ cookie: first.cookie });
    assert.equal(refused.status, 429);
    assert.match(refused.body, /Trop de pages/);
    const neighbour = await Client.connect(server.address);
    await neighbour.hear('welcome');
    for (const client of [first, ...others, neighbour]) await client.close();
  });
});

describe('what may be said', () => {
  let ada: Client;
  let bob: Client;

  before(async () => {
    ada = await Client.connect(server.address);
    bob = await Client.connect(server.address);
    await bob.hear('welcome');
  });

  after(async () => {
    await ada.close();
    await bob.close();
  });

  /** Bob works on as if nothing had happened. */
  async function unharmed(): Promise<void> {
    bob.forget();
    const revision = Math.round(performance.now() * 1000);
    bob.send({
      type: 'draft',
      lesson: '16-05',
      cell: 'c1',
      language: 'typescript',
      code: 'ok',
      revision,
      basis: '',
    });
    assert.equal((await bob.hear('saved')).revision, revision);
  }

  test('a message that is not the protocol’s is answered with a sentence, and the page goes on', async () => {
    for (const text of [
      'garbage',
      '{"type":"root"}',
      'null',
      '['.repeat(10_000),
      '{"type":"hello","lesson":"../../etc"}',
    ]) {
      ada.forget();
      ada.socket.send(text);
      const refused = await ada.hear('refused');
      assert.equal(refused.code, 'not-a-message');
      assert.match(refused.message.fact, /n’a pas compris/);
    }
    ada.forget();
    ada.socket.send(Buffer.from([1, 2, 3]));
    assert.equal((await ada.hear('refused')).code, 'not-a-message');
    await unharmed();
  });

  test('a cell of 1 MB is refused at the door, with its place and a next step', async () => {
    ada.forget();
    ada.send({
      type: 'run',
      lesson: '16-05',
      cell: 'c1',
      language: 'typescript',
      code: '1;'.repeat(512 * 1024),
    });
    const refused = await ada.hear('refused');
    assert.deepEqual([refused.code, refused.lesson, refused.cell], ['code-too-large', '16-05', 'c1']);
    assert.match(refused.message.fact, /1\u202f024\u00a0Kio.*64\u00a0Kio/);
    await unharmed();
  });

  test('a message beyond every limit ends that page alone', async () => {
    const loud = await Client.connect(server.address);
    const closed = once(loud.socket, 'close');
    loud.socket.send('x'.repeat(3 * 1024 * 1024));
    assert.equal((await closed)[0], 1009);
    await unharmed();
  });

  test('a page that talks too fast is told to wait', async () => {
    const fast = await Client.connect(server.address);
    for (let n = 0; n < 300; n += 1) fast.send({ type: 'hello', lesson: '16-05' });
    const refused = await fast.hear('refused');
    assert.equal(refused.code, 'too-many-messages');
    await unharmed();
    await fast.close();
  });

  test('unknown lessons, labs, terminals and hints are refused by name', async () => {
    const asked = [
      [{ type: 'hello', lesson: '99-99' }, 'unknown-lesson'],
      [{ type: 'verify', lab: '99-99', language: 'typescript', code: '' }, 'unknown-lab'],
      [
        { type: 'verify', lab: '16-02a-stock-sans-survente', language: 'python', code: '' },
        'unknown-language',
      ],
      [{ type: 'hint', lab: '16-05a-fenetre-fixe', level: 3 }, 'no-hint'],
      [{ type: 'solution', lab: '16-05a-fenetre-fixe', language: 'typescript' }, 'solution-withheld'],
      [{ type: 'keys', lesson: '16-05', request: 'r', pattern: '*', cursor: '0' }, 'not-started'],
      [{ type: 'interrupt', lesson: '16-05', cell: 'c1' }, 'nothing-runs'],
      [{ type: 'terminal-open', lesson: '16-05', terminal: 't', columns: 80, rows: 24 }, 'no-host'],
    ] as const;
    for (const [message, code] of asked) {
      ada.forget();
      ada.send(message);
      assert.equal((await ada.hear('refused')).code, code);
    }
  });

  test('a run waits for a host with its place shown, and can be called off', async () => {
    ada.forget();
    ada.send({ type: 'run', lesson: '16-05', cell: 'c9', language: 'typescript', code: '1' });
    await ada.hear('queued', (message) => message.place === 1);
    ada.send({ type: 'run', lesson: '16-05', cell: 'c9', language: 'typescript', code: '1' });
    assert.equal((await ada.hear('refused')).code, 'already-running');
    ada.send({ type: 'interrupt', lesson: '16-05', cell: 'c9' });
    const ended = await ada.hear('ended');
    assert.equal(ended.report.outcome.class, 'interrupted');
  });
});

describe('what is kept is its learner’s alone', () => {
  test('drafts come back to their learner, on any page, and to nobody else', async () => {
    const ada = await Client.connect(server.address);
    const eve = await Client.connect(server.address);
    ada.send({
      type: 'draft',
      lesson: '16-05',
      cell: 'c1',
      language: 'go',
      code: 'à moi',
      revision: 4,
      basis: 'b',
    });
    await ada.hear('saved');
    const mine = (await (await ada.get('/api/lessons/16-05')).json()) as LessonState;
    assert.deepEqual(
      mine.drafts.map(({ code, revision, language }) => ({ code, revision, language })),
      [{ code: 'à moi', revision: 4, language: 'go' }],
    );
    const hers = (await (await eve.get('/api/lessons/16-05')).json()) as LessonState;
    assert.deepEqual(hers.drafts, []);
    ada.send({ type: 'forget-draft', lesson: '16-05', cell: 'c1', language: 'go' });
    ada.send({ type: 'hint', lab: '16-05a-fenetre-fixe', level: 1 });
    assert.match((await ada.hear('hint')).markdown, /\w/);
    assert.deepEqual(((await (await ada.get('/api/lessons/16-05')).json()) as LessonState).drafts, []);
    const lab = (await (await ada.get('/api/labs/16-05a-fenetre-fixe')).json()) as LabState;
    assert.equal(lab.hints, 1);
    await ada.close();
    await eve.close();
  });

  test('another learner’s attempt is as if it did not exist', async () => {
    const ada = await Client.connect(server.address);
    const eve = await Client.connect(server.address);
    ada.send({ type: 'verify', lab: '16-05a-fenetre-fixe', language: 'typescript', code: 'export {}' });
    const { attempt } = await ada.hear('attempt');
    await ada.hear('attempt', (message) => message.place === 1);
    assert.equal((await ada.get(`/api/attempts/${attempt}`)).status, 200);
    const hers = await eve.get(`/api/attempts/${attempt}`);
    const none = await eve.get('/api/attempts/AAAAAAAAAAAAAAAA');
    assert.deepEqual([hers.status, await hers.text()], [none.status, await none.text()]);
    await ada.close();
    await eve.close();
  });

  test('no reply of the server holds a solution or a check', async () => {
    const ada = await Client.connect(server.address);
    const texts = [
      await (await ada.get('/api/labs/16-05a-fenetre-fixe')).text(),
      await (await ada.get('/labs/16-05a-fenetre-fixe/solution.ts')).text(),
    ];
    for (const text of texts) assert.doesNotMatch(text, /defineCommand|defineChecker/);
    await ada.close();
  });
});

test('a page that does not read is let go; what could be skipped was, and nothing piles up here', async () => {
  const slow = await Client.connect(server.address);
  const brisk = await Client.connect(server.address, slow.cookie);
  for (const client of [slow, brisk]) client.send({ type: 'hello', lesson: '16-05' });
  await brisk.hear('welcome');
  await until(() => [...server.atelier.pages.of(slow.learner)].every((page) => page.lessons.has('16-05')));
  const closed = once(slow.socket, 'close');
  slow.socket.pause();
  const text = 'y'.repeat(1024 * 1024);
  for (let n = 0; n < 40; n += 1) {
    const names = { lesson: '16-05', cell: 'c', run: `${n}` };
    server.atelier.pages.tell(slow.learner, '16-05', { type: 'output', ...names, stream: 'stdout', text });
    await brisk.hear('output', ({ run }) => run === `${n}`);
  }
  await until(() => server.atelier.pages.of(slow.learner).size === 1);
  slow.socket.resume();
  assert.notEqual((await closed)[0], 1000);
  assert.ok(slow.heard.filter(({ type }) => type === 'output').length < 40);
  await brisk.close();
});

test('the server’s own replies carry the security headers, metrics stay on this machine', async () => {
  const response = await fetch(`${server.address}/healthz`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    status: 'starting',
    redis: { version: '', modules: [] },
    sandbox: { driver: 'local', walls: [] },
  });
  for (const name of [
    'x-content-type-options',
    'x-frame-options',
    'referrer-policy',
    'cross-origin-opener-policy',
  ]) {
    assert.ok(response.headers.has(name), name);
  }
  assert.match(await (await fetch(`${server.address}/metrics`)).text(), /atelier_pages \d/);
  const { host } = new URL(server.address);
  assert.equal((await raw('/metrics', { host, 'x-forwarded-for': '10.0.0.1' })).status, 404);
});

test('a host that speaks nonsense is cut off and the server goes on', async () => {
  const socket = connect(server.atelier.config.hostSocket);
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  socket.write('{"type":"run-ended"}\n');
  await closed;
  assert.equal((await fetch(`${server.address}/healthz`)).status, 503);
});

test('an address may not invent learners without end', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 60; n += 1) {
    statuses.push((await fetch(`${server.address}/api/learner`, { method: 'POST' })).status);
  }
  assert.equal(statuses.at(-1), 429);
  assert.ok(statuses.includes(201));
});

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds(); await delay(20)) {
    if (Date.now() > deadline) throw new Error('it never came to hold');
  }
}
