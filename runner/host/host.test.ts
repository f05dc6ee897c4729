/** A real host process, and this test as its server. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultNeeds } from './instance-pool.ts';
import {
  decoder,
  encode,
  type HostEvent,
  type HostRequest,
  type InstanceNeeds,
  type RunReport,
} from './protocol.ts';
import { waitFor } from './rig.ts';
import { shownAtOnce, shownPerSecond } from './terminal.ts';

type Type = HostEvent['type'];
type Of<Kind extends Type> = Extract<HostEvent, { type: Kind }>;

const folder = mkdtempSync(join(tmpdir(), 'host-'));
const path = join(folder, 'server.sock');
const hosts: ChildProcess[] = [];

/** What a server sees of one host. */
class Line {
  readonly events: HostEvent[] = [];
  socket: Socket | null = null;
  hellos = 0;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      const decode = decoder<HostEvent>();
      this.socket = socket;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        for (const event of decode(chunk)) {
          if (event.type === 'hello') this.hellos++;
          this.events.push(event);
        }
      });
    });
  }

  send(request: HostRequest): void {
    this.socket!.write(encode(request));
  }

  /** The first event of a kind from a place on that fits. */
  async event<Kind extends Type>(
    type: Kind,
    fits: (event: Of<Kind>) => boolean = () => true,
    from = 0,
  ): Promise<Of<Kind>> {
    const found = () =>
      this.events
        .slice(from)
        .find((event): event is Of<Kind> => event.type === type && fits(event as Of<Kind>));
    await waitFor(found, () => `${type} in ${JSON.stringify(this.events.slice(from)).slice(-2000)}`);
    return found()!;
  }
}

/** A host of this role, and its line. */
async function start(role: 'cells' | 'grading'): Promise<Line> {
  const socketPath = `${path}-${hosts.length}`;
  const server = createServer();
  const line = new Line(server);
  server.listen(socketPath);
  server.unref();
  await once(server, 'listening');
  const script = join(dirname(fileURLToPath(import.meta.url)), 'host.ts');
  const env = {
    ...process.env,
    ATELIER_HOST_SOCKET: socketPath,
    ATELIER_HOST_ROLE: role,
    ATELIER_HOST: `test-${role}`,
    ATELIER_STATES: join(folder, 'states'),
  };
  const host = spawn(process.execPath, [script], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  hosts.push(host);
  await line.event('hello');
  return line;
}

let cells: Line;
before(async () => (cells = await start('cells')));
after(async () => {
  for (const host of hosts) host.kill('SIGTERM');
  await Promise.all(hosts.map(async (host) => host.exitCode ?? once(host, 'exit')));
  rmSync(folder, { recursive: true });
});

let numbers = 0;
const seed = 'SET greeting "bonjour"\nHSET user:1 name Ada';

/** A session of its own on a lesson; what it holds is kept when it has a name. */
function session(needs: Partial<InstanceNeeds> = {}, state?: string): string {
  const id = `session-${numbers++}`;
  cells.send({
    type: 'open',
    session: id,
    needs: { lesson: 'test', instance: { ...defaultNeeds, ...needs }, box: { memory: 256, disk: 16 }, seed },
    ...(state && { state }),
    owner: id.slice('session-'.length).padStart(32, '0'),
  });
  return id;
}

interface Ran {
  report: RunReport;
  output: string;
}

type RunOptions = Partial<Extract<HostRequest, { type: 'run' }>>;

/** Asks for a run, and gives its id. */
function ask(id: string, code: string, options: RunOptions = {}): string {
  const run = `run-${numbers++}`;
  cells.send({
    type: 'run',
    session: id,
    run,
    language: 'typescript',
    code,
    name: 'cellule',
    timeoutMs: 10_000,
    roundTripMs: 0,
    fault: 'none',
    trace: true,
    ...options,
  });
  return run;
}

async function ended(run: string): Promise<Ran> {
  const { report } = await cells.event('run-ended', (event) => event.run === run);
  const said = cells.events.filter(
    (event): event is Of<'output'> => event.type === 'output' && event.run === run,
  );
  return { report, output: said.map(({ text }) => text).join('') };
}

const run = (id: string, code: string, options?: RunOptions) => ended(ask(id, code, options));

const opening = "import { Redis } from 'ioredis';\nconst redis = new Redis();\n";

test('it says what it is, and what it has', async () => {
  cells.send({ type: 'status', request: 'q' });
  const { status } = await cells.event('status', ({ request }) => request === 'q');
  assert.match(status.redis.version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(status.redis.modules.map(({ name }) => name).toSorted(), [
    'ReJSON',
    'bf',
    'search',
    'timeseries',
  ]);
  assert.ok(status.redis.modules.every(({ version }) => /^\d+\.\d+\.\d+$/.test(version)));
  assert.ok(status.languages.includes('typescript'));
  assert.ok(status.walls.length > 0);
});

test('a run shows its output, its trace, what it changed, and how long each part took', async () => {
  const id = session();
  assert.equal(
    cells.events.some((event) => 'session' in event && event.session === id),
    false,
    'opening starts nothing',
  );
  const first = await run(
    id,
    `${opening}console.log(await redis.get('greeting'));\nawait redis.set('greeting', 'bonsoir', 'EX', 100);\nawait redis.incr('n');`,
  );
  assert.equal(first.report.outcome.class, 'done', JSON.stringify(first.report.outcome));
  assert.equal(first.output, 'bonjour\n');
  const typed = first.report.trace.list.map(({ text }) => text);
  assert.deepEqual(typed.slice(-3), ['get greeting', 'set greeting bonsoir EX 100', 'incr n']);
  assert.equal(first.report.trace.connections, 1);
  assert.deepEqual(
    first.report.keyspace.created.map(({ key }) => key),
    ['n'],
  );
  assert.deepEqual(
    first.report.keyspace.changed.map((change) => [change.before?.content, change.after.content]),
    [
      [
        { kind: 'string', text: 'bonjour' },
        { kind: 'string', text: 'bonsoir' },
      ],
    ],
  );
  const { instance, kernel, started, output, ended: end, keyspace } = first.report.phases;
  assert.ok(Math.max(instance, kernel) <= started && started <= output && output <= end && end <= keyspace);
  assert.deepEqual(first.report.declares, ['Redis', 'redis']);
  const states = cells.events.filter(
    (event): event is Of<'instance'> => event.type === 'instance' && event.session === id,
  );
  assert.deepEqual(
    states.map(({ state }) => state),
    ['starting', 'ready'],
  );

  const second = await run(id, "console.log(await redis.incr('n'));");
  assert.equal(second.output, '2\n');
  assert.deepEqual([second.report.trace.roundTrips, second.report.trace.commands], [1, 1]);
  assert.deepEqual(
    second.report.keyspace.changed.map((change) => change.before?.content),
    [{ kind: 'string', text: '1' }],
  );
});

test('two learners never see each other', async () => {
  const [a, b] = [session(), session()];
  await run(a, `${opening}await redis.set('secret', 1);`);
  const other = await run(b, `${opening}console.log(await redis.exists('secret'), await redis.keys('*'));`);
  assert.match(other.output, /^0 /);
});

test('the slider slows each round trip, the trace can be left out', async () => {
  const id = session();
  await run(id, opening);
  const slow = await run(id, "await redis.get('a'); await redis.get('b'); await redis.get('c');", {
    roundTripMs: 20,
  });
  assert.ok(slow.report.durationMs >= 60, `${slow.report.durationMs}`);
  assert.ok(slow.report.trace.redisMs >= 60);
  const bare = await run(id, "await redis.get('a');", { trace: false });
  assert.deepEqual([bare.report.trace.commands, bare.report.trace.list], [1, []]);
});

const faults: [
  fault: 'noauth' | 'readonly' | 'oom' | 'loading' | 'cut' | 'timeout',
  what: string,
  sees: RegExp,
][] = [
  ['noauth', "redis.get('a')", /NOAUTH/],
  ['readonly', "redis.set('a', 1)", /READONLY/],
  ['oom', "redis.set('a', 1)", /OOM/],
  ['loading', "redis.get('a')", /LOADING/],
  ['cut', "bare.incr('cut')", /max retries/],
  ['timeout', "hurried.get('a')", /timed out/],
];

test('the fault switch breaks one run and not the next, the code unchanged', async () => {
  const id = session();
  const clients =
    'const bare = new Redis({ maxRetriesPerRequest: 0 });\nconst hurried = new Redis({ commandTimeout: 3000 });\nawait Promise.all([redis.ping(), bare.ping(), hurried.ping()]);';
  assert.equal((await run(id, opening + clients)).report.outcome.class, 'done');
  for (const [fault, what, sees] of faults) {
    const broken = await run(
      id,
      `await ${what}.then(console.log, (error) => console.log('refused', error.message));`,
      { fault },
    );
    assert.match(broken.output, sees, fault);
  }
  const whole = await run(id, "console.log(await redis.get('cut'), await redis.set('a', 1));");
  assert.equal(whole.output, '1 OK\n');
});

test('anti-patterns are found in what a run did', async () => {
  const id = session();
  const { report } = await run(id, `${opening}for (let i = 0; i < 20; i++) await redis.get('item:' + i);`);
  assert.deepEqual(
    report.trace.findings.map(({ id: finding, data }) => [finding, data.count]),
    [['n-plus-one', 20]],
    JSON.stringify(report.outcome),
  );
});

test('an endless cell is stopped, its variables and its connection live on', async () => {
  const id = session();
  await run(id, `${opening}let kept = 7; await redis.set('kept', kept);`);
  const endless = ask(id, "for (;;) await redis.incr('turns');");
  await cells.event('run-started', (event) => event.run === endless);
  cells.send({ type: 'interrupt', session: id, run: endless });
  assert.equal((await ended(endless)).report.outcome.class, 'interrupted');
  assert.equal((await run(id, "console.log(kept, await redis.get('kept'));")).output, '7 7\n');
});

test('a clean kernel keeps the keys, a clean Redis keeps the variables', async () => {
  const id = session();
  await run(id, `${opening}let kept = 1; await redis.set('mine', 1);`);
  cells.send({ type: 'restart', session: id, language: 'typescript' });
  await cells.event('kernel', (event) => event.session === id && event.state === 'dead');
  const clean = await run(
    id,
    `console.log(typeof kept); ${opening}console.log(await redis.get('mine')); var again = 2;`,
  );
  assert.equal(clean.output, 'undefined\n1\n');
  cells.send({ type: 'reset', session: id });
  const lost = await cells.event('instance', (event) => event.session === id && event.state === 'lost');
  assert.equal(lost.why?.cause, 'reset');
  await cells.event(
    'instance',
    (event) => event.session === id && event.state === 'ready',
    cells.events.indexOf(lost),
  );
  const seeded = await run(id, "console.log(again, await redis.get('mine'), await redis.get('greeting'));");
  assert.equal(seeded.output, '2 null bonjour\n');
});

test('a Redis that its learner kills is told lost, and the run goes on with another', async () => {
  const id = session();
  await run(id, `${opening}await redis.set('mine', 1);`);
  const from = cells.events.length;
  const killing = await run(
    id,
    'const doomed = new Redis({ retryStrategy: null, maxRetriesPerRequest: 0 });\n' +
      "doomed.on('error', () => {});\n" +
      "await doomed.eval(\"redis.call('SET', 'x', 1) while true do end\", 0).catch((error) => console.log('lost'));\n" +
      "console.log(await redis.get('mine'), await redis.get('greeting'));",
  );
  const lost = await cells.event('instance', (event) => event.session === id && event.state === 'lost', from);
  assert.equal(lost.why?.cause, 'hang');
  assert.ok(lost.why.keysLost! >= 2);
  assert.equal(killing.output, 'lost\nnull bonjour\n');
});

test('a run that cuts every connection has its report, with what changed', async () => {
  const id = session();
  await run(id, opening);
  for (let round = 0; round < 5; round++) {
    const { report } = await run(
      id,
      `await redis.call('CLIENT', 'KILL', 'TYPE', 'normal'); await redis.incr('n'); await redis.call('CLIENT', 'KILL', 'TYPE', 'normal');`,
    );
    assert.equal(report.outcome.class, 'done');
    const { created, changed } = report.keyspace;
    const keys = [...created, ...changed.map(({ after: now }) => now)].map(({ key }) => key);
    assert.deepEqual(keys, ['n']);
  }
});

test('a kernel that ends is told, and the next run has another', async () => {
  const id = session();
  const gone = await run(id, "process.kill(process.pid, 'SIGKILL');");
  assert.notEqual(gone.report.outcome.class, 'done');
  assert.equal((await run(id, `${opening}console.log(await redis.get('greeting'));`)).output, 'bonjour\n');
});

test('a terminal is the real redis-cli, on the same keys', async () => {
  const id = session();
  const terminal = 'terminal-1';
  const shown = () =>
    cells.events
      .filter(
        (event): event is Of<'terminal-output'> =>
          event.type === 'terminal-output' && event.terminal === terminal,
      )
      .map(({ data }) => data)
      .join('');
  const type = (data: string) => cells.send({ type: 'terminal-input', session: id, terminal, data });
  cells.send({ type: 'terminal-open', session: id, terminal, columns: 80, rows: 24 });
  await waitFor(() => shown().includes('127.0.0.1:6379>'), shown);
  type('GET greeting\r');
  // What is typed before the next prompt is redis-cli's to lose.
  await waitFor(() => /"bonjour"\s+127\.0\.0\.1:6379>/.test(shown()), shown);
  type('SET fromterminal 1\r');
  await waitFor(() => shown().includes('OK'), shown);
  const { report, output } = await run(
    id,
    `${opening}console.log(await redis.get('fromterminal')); await redis.set('fromterminal', 2);`,
  );
  assert.equal(output, '1\n');
  assert.deepEqual(
    report.keyspace.changed.map((change) => change.before?.content),
    [{ kind: 'string', text: '1' }],
  );

  type('MONITOR\r');
  await waitFor(() => shown().split('OK').length > 2, shown);
  await run(id, "await redis.set('watched', 'yes'); await redis.get('watched');");
  await waitFor(() => /"get" "watched"/i.test(shown()), shown);
  await run(id, "await redis.set('last', 'yes');");
  await waitFor(() => /"set" "last"/i.test(shown()), shown);
  assert.doesNotMatch(
    shown(),
    /"(?:type|pttl|dbsize|strlen|memory|scan)"/i,
    'what the host does is not shown',
  );

  cells.send({ type: 'terminal-close', session: id, terminal });
  await cells.event('terminal-ended', (event) => event.terminal === terminal);
});

test('a terminal that shows without end is held to a pace, and goes on', async () => {
  const id = session();
  const terminal = 'terminal-2';
  const shown = () =>
    cells.events.reduce(
      (sum, event) =>
        event.type === 'terminal-output' && event.terminal === terminal ? sum + event.data.length : sum,
      0,
    );
  await run(id, `${opening}await redis.set('big', 'x'.repeat(4_000_000));`);
  const began = performance.now();
  cells.send({ type: 'terminal-open', session: id, terminal, columns: 80, rows: 24 });
  await waitFor(() => shown() > 0, String);
  cells.send({ type: 'terminal-input', session: id, terminal, data: 'GET big\r' });
  // Beyond what it may say at once, and then some more: it is slowed, not stopped.
  await waitFor(
    () => shown() > shownAtOnce + shownPerSecond / 2,
    () => `${shown()} bytes`,
  );
  const most = shownAtOnce + (shownPerSecond * (performance.now() - began)) / 1000 + 256 * 1024;
  assert.ok(shown() < most, `${shown()} bytes of ${most}`);
  cells.send({ type: 'terminal-close', session: id, terminal });
  await cells.event('terminal-ended', (event) => event.terminal === terminal);
});

test('keys are listed and looked into; before the first run there are none', async () => {
  const id = session();
  cells.send({ type: 'keys', session: id, request: 'early', pattern: '*', cursor: '0' });
  assert.equal((await cells.event('keys', ({ request }) => request === 'early')).total, 0);
  await run(id, opening);
  cells.send({ type: 'keys', session: id, request: 'all', pattern: 'user:*', cursor: '0' });
  const page = await cells.event('keys', ({ request }) => request === 'all');
  assert.deepEqual([page.total, page.keys.map(({ key, type }) => [key, type])], [2, [['user:1', 'hash']]]);
  cells.send({ type: 'key', session: id, request: 'one', key: 'user:1' });
  const { key } = await cells.event('key', ({ request }) => request === 'one');
  assert.deepEqual(key?.content, { kind: 'pairs', pairs: [['name', 'Ada']] });
  cells.send({ type: 'key', session: id, request: 'none', key: 'nothing' });
  assert.equal((await cells.event('key', ({ request }) => request === 'none')).key, null);
});

test('INFO tells what the learner did, and nothing of what the host did', async () => {
  const id = session();
  const everyType = `${opening}await redis.flushall();
await redis.config('RESETSTAT');
await redis.set('s', 'x'); await redis.hset('h', 'f', 1); await redis.rpush('l', 1); await redis.sadd('set', 1);
await redis.zadd('z', 1, 'm'); await redis.xadd('x', '*', 'f', 1); await redis.call('JSON.SET', 'j', '$', '{"a":1}');
await redis.call('TS.ADD', 't', '*', 1); await redis.call('BF.ADD', 'b', 1); await redis.call('TOPK.RESERVE', 'k', 3);`;
  assert.equal((await run(id, everyType)).report.keyspace.created.length, 10);
  await run(id, "await redis.get('s'); await redis.get('none'); await redis.del('l');");
  cells.send({ type: 'keys', session: id, request: 'all', pattern: '*', cursor: '0' });
  await cells.event('keys', ({ request }) => request === 'all');
  const { output } = await run(
    id,
    `const info = async (part) => Object.fromEntries((await redis.info(part)).split('\\r\\n').map((line) => line.split(':')));
const stats = await info('stats');
const commands = Object.entries(await info('commandstats')).map(([name, text]) => [name.slice(8), Number(/calls=(\\d+)/.exec(text)?.[1])]);
console.log(JSON.stringify({
  hits: stats.keyspace_hits, misses: stats.keyspace_misses, clients: (await info('clients')).connected_clients,
  commands: Object.fromEntries(commands.filter(([, calls]) => calls > 0)),
}));`,
  );
  const { hits, misses, clients, commands } = JSON.parse(output);
  // BF.ADD looks twice for a key that is not there.
  assert.deepEqual([hits, clients], ['1', '1']);
  for (const own of ['type', 'pttl', 'dbsize', 'memory|usage', 'strlen', 'scan', 'info'])
    assert.ok(!(own in commands) || own === 'info', own);
  assert.deepEqual([commands.get, commands.set, commands.del, commands.info], [2, 1, 1, 1]);
  assert.ok(Number(misses) >= 1, misses);
});

test('a lesson’s Redis is as its front matter says', async () => {
  const id = session({ memory: 32, policy: 'allkeys-lfu', notify: 'KEA' });
  const { output } = await run(
    id,
    `${opening}const get = async (name) => (await redis.config('GET', name))[1];\nconsole.log(await get('maxmemory'), await get('maxmemory-policy'), (await get('notify-keyspace-events')).includes('K'));`,
  );
  assert.equal(output, `${32 * 1024 * 1024} allkeys-lfu true\n`);
});

test('what cannot be done is refused, by a code', async () => {
  cells.send({ type: 'keys', session: 'nobody', request: 'lost', pattern: '*', cursor: '0' });
  const lost = await cells.event('refused', ({ request }) => request === 'lost');
  assert.deepEqual([lost.code, lost.session], ['unknown-session', 'nobody']);
  cells.send({
    type: 'grade',
    attempt: 'a',
    request: { lab: 'x', language: 'typescript', code: '', seed: 1, latency: false },
  });
  assert.equal((await cells.event('refused', ({ attempt }) => attempt === 'a')).code, 'wrong-host');
  const id = `session-${numbers++}`;
  cells.send({
    type: 'open',
    session: id,
    needs: { lesson: 't', instance: defaultNeeds, box: { memory: 256, disk: 16 }, seed: 'NOSUCH x' },
  });
  const { report } = await run(id, '1');
  assert.equal(report.outcome.class, 'platform');
});

test('a server that comes back finds nothing of what it left, and a host that works', async () => {
  const id = session();
  await run(id, opening);
  const greeted = cells.hellos;
  cells.socket!.destroy();
  await waitFor(() => cells.hellos === greeted + 1);
  const seen = cells.events.length;
  cells.send({ type: 'status', request: 'after' });
  const { status } = await cells.event('status', ({ request }) => request === 'after', seen);
  assert.equal(status.sessions, 0);
  cells.send({ type: 'keys', session: id, request: 'old', pattern: '*', cursor: '0' });
  assert.equal((await cells.event('refused', ({ request }) => request === 'old')).code, 'unknown-session');
  assert.equal(
    (await run(session(), `${opening}console.log(await redis.get('greeting'));`)).output,
    'bonjour\n',
  );
});

test('a host for grading grades, and knows no cells', async () => {
  const grading = await start('grading');
  grading.send({
    type: 'open',
    session: 's',
    needs: { lesson: 't', instance: defaultNeeds, box: { memory: 256, disk: 16 }, seed: '' },
  });
  assert.equal((await grading.event('refused', ({ session: name }) => name === 's')).code, 'wrong-host');
  grading.send({
    type: 'grade',
    attempt: 'none',
    request: { lab: 'no-such-lab', language: 'typescript', code: '', seed: 1, latency: false },
  });
  assert.equal((await grading.event('refused', ({ attempt }) => attempt === 'none')).code, 'host-failed');
  grading.send({
    type: 'grade',
    attempt: 'broken',
    request: {
      lab: '16-05a-fenetre-fixe',
      language: 'typescript',
      code: 'export const nothing = 1;',
      seed: 1,
      latency: false,
    },
  });
  const { verdict, final } = await grading.event('verdict', ({ attempt }) => attempt === 'broken');
  assert.equal(final, true);
  assert.equal(verdict.class, 'code-error');
});

test('a session that was closed, or whose server died, goes on with its keys; one that was reset, with its seed', async () => {
  const count = "import { Redis } from 'ioredis'; console.log(await new Redis().incr('visits'))";
  const first = session({}, 'ada/lesson');
  assert.equal((await run(first, count)).output, '1\n');
  cells.send({ type: 'close', session: first });
  await waitFor(() => existsSync(join(folder, 'states', 'ada', 'lesson.rdb')));

  const second = session({}, 'ada/lesson');
  assert.equal((await run(second, count)).output, '2\n');
  const hellos = cells.hellos;
  const saved = statSync(join(folder, 'states', 'ada', 'lesson.rdb')).mtimeMs;
  cells.socket!.destroy();
  await waitFor(() => cells.hellos > hellos);
  assert.ok(statSync(join(folder, 'states', 'ada', 'lesson.rdb')).mtimeMs > saved);

  const third = session({}, 'ada/lesson');
  assert.equal((await run(third, count)).output, '3\n');
  cells.send({ type: 'close', session: third });
  const fourth = session({}, 'ada/lesson');
  assert.equal((await run(fourth, count)).output, '4\n', 'it began before the last one had ended');
  const from = cells.events.length;
  cells.send({ type: 'reset', session: fourth });
  await cells.event('instance', ({ session: id, state }) => id === fourth && state === 'ready', from);
  assert.equal((await run(fourth, count)).output, '1\n');
});

test('what is too large to be kept is told when its session is closed awake, and once when it comes back', async () => {
  const fill =
    "import { Redis } from 'ioredis'; import { randomBytes } from 'node:crypto'; const redis = new Redis(); for (let n = 0; n < 9; n++) await redis.set('large' + n, randomBytes(7.9 * 1024 * 1024)); console.log(await redis.dbsize())";
  const first = session({ memory: 160 }, 'bea/lesson');
  assert.equal((await run(first, fill)).output, '11\n');
  cells.send({ type: 'close', session: first });
  const closed = await cells.event('closed', ({ session: id }) => id === first);
  assert.deepEqual(closed.unsaved, { why: 'too-large', limit: 64 });
  const ready = async (id: string) => {
    await run(
      id,
      "await (async () => { const { Redis } = await import('ioredis'); const redis = new Redis(); await redis.set('k', 'v'); redis.disconnect(); })()",
    );
    return cells.event('instance', (event) => event.session === id && event.state === 'ready');
  };
  const second = session({}, 'bea/lesson');
  assert.deepEqual((await ready(second)).unsaved, { why: 'too-large', limit: 64 });
  cells.send({ type: 'close', session: second });
  assert.equal((await cells.event('closed', ({ session: id }) => id === second)).unsaved, undefined);
  assert.equal((await ready(session({}, 'bea/lesson'))).unsaved, undefined);
});

test('a saved state that no Redis can read is told lost, and the seed takes its place', async () => {
  mkdirSync(join(folder, 'states', 'eve'), { recursive: true });
  writeFileSync(join(folder, 'states', 'eve', 'lesson.rdb'), 'REDIS0011 and then nothing of it');
  const id = session({}, 'eve/lesson');
  const from = cells.events.length;
  const { output } = await run(
    id,
    "import { Redis } from 'ioredis'; console.log(await new Redis().get('greeting'))",
  );
  assert.equal(output, 'bonjour\n');
  const { why } = await cells.event(
    'instance',
    ({ session: one, state }) => one === id && state === 'lost',
    from,
  );
  assert.deepEqual(why, { cause: 'crash', keysLost: null });
  assert.equal(existsSync(join(folder, 'states', 'eve', 'lesson.rdb')), false);
});
