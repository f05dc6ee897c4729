/** The whole stack — launcher, server, hosts, boxes, Redis — driven as pages drive it, then broken in every way we know. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './commands/client.ts';
import { startStack, type Stack } from './commands/stack.ts';
import { defaultLimits } from './config.ts';
import { livesBelow, programsBelow } from './endurance/traces.ts';
import type { CommandHelp, Health, LabState, Language, LessonState, ServerMessage } from './protocol.ts';

type Ended = Extract<ServerMessage, { type: 'ended' }>;

let stack: Stack;
let ada: Client;
let bob: Client;

const REDIS = "import { Redis } from 'ioredis';\nconst redis = new Redis();\n";

before(async () => {
  stack = await startStack({ cellHosts: 1, environment: { ATELIER_RUN_MS: '8000' } });
  ada = await Client.connect(stack.address);
  bob = await Client.connect(stack.address);
  for (const client of [ada, bob]) {
    const ended = await run(client, `${REDIS}console.log(await redis.ping())`);
    assert.equal(outputOf(client, ended.cell), 'PONG\n', JSON.stringify(ended.report.outcome));
  }
});

after(async () => {
  await ada?.close();
  await bob?.close();
  await stack?.stop();
});

let cells = 0;

/** Runs one cell to its end. */
async function run(
  client: Client,
  code: string,
  more: { lesson?: string; language?: Language } = {},
): Promise<Ended> {
  const cell = `cell-${++cells}`;
  client.send({ type: 'run', lesson: '16-05', language: 'typescript', ...more, cell, code });
  return client.hear('ended', (message) => message.cell === cell);
}

function outputOf(client: Client, cell: string): string {
  return client.heard
    .map((message) => (message.type === 'output' && message.cell === cell ? message.text : ''))
    .join('');
}

/** Bob runs a cell as if nothing had happened, and finds his own keys. */
async function bobIsUnharmed(): Promise<void> {
  const ended = await run(bob, "console.log(await redis.incr('bob'))");
  assert.equal(ended.report.outcome.class, 'done', JSON.stringify(ended.report.outcome));
  assert.match(outputOf(bob, ended.cell), /^\d+\n$/);
}

const programs = (words: string) => programsBelow(stack.launcher.pid!, words);

/** The commands that run in the group of each learner. */
function learnersGroups(): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const life of livesBelow(stack.launcher.pid!)) {
    const [pid] = life.split(' ');
    try {
      const group = /\/learner-([0-9a-f]{32})\//.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
      if (group === undefined) continue;
      const names = groups.get(group) ?? new Set();
      groups.set(group, names.add(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()));
    } catch {
      // It ended while we looked.
    }
  }
  return groups;
}

test('healthz tells Redis, its modules and every wall', async () => {
  const health = (await (await fetch(`${stack.address}/healthz`)).json()) as Health;
  assert.equal(health.status, 'ok');
  assert.match(health.redis.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(health.redis.modules.map(({ name }) => name.toLowerCase()).toSorted(), [
    'bf',
    'rejson',
    'search',
    'timeseries',
  ]);
  assert.equal(health.sandbox.driver, 'local');
  assert.ok(health.sandbox.walls.length > 5);
  for (const wall of health.sandbox.walls) assert.equal(typeof wall.stands, 'boolean', wall.name);
});

test('the server’s Redis tells its own commands, kept by whoever asks until it changes', async () => {
  const url = `${stack.address}/api/commands`;
  const response = await fetch(url);
  const commands = (await response.json()) as CommandHelp[];
  const named = (name: string) => commands.find((command) => command.name === name);
  const set = named('SET')!;
  assert.deepEqual([set.arity, set.since, set.group, set.complexity], [-3, '1.0.0', 'string', 'O(1)']);
  assert.match(set.syntax, /^key value \[NX \| XX\] \[GET\] \[EX seconds \| PX milliseconds/);
  assert.equal(named('HSET')?.syntax, 'key field value [field value ...]');
  assert.equal(named('XGROUP CREATE')?.syntax, 'key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]');
  assert.deepEqual([named('JSON.SET')?.group, named('JSON.SET')?.writes], ['ReJSON', true]);
  const again = await fetch(url, { headers: { 'if-none-match': response.headers.get('etag')! } });
  assert.equal(again.status, 304);
});

test(
  'all boxes of a learner are in one group, and nobody else’s are',
  { skip: process.getuid?.() !== 0 && 'not root' },
  async () => {
    await run(ada, 'print(1)', { language: 'python', lesson: 'libre' });
    const groups = [...learnersGroups().values()];
    // Two learners, a Redis and a kernel each; Ada has those of another lesson too.
    assert.equal(groups.length, 2);
    for (const names of groups) assert.ok(names.has('redis-server') && names.has('bwrap'), [...names].join());
    assert.equal(groups.filter((names) => [...names].some((name) => name.startsWith('python'))).length, 1);
  },
);

test('a learner who says too much waits for what he asks next, his neighbour does not', async () => {
  const { saidAtOnce, saidPerSecond } = defaultLimits();
  const loud = await Client.connect(stack.address);
  const ended = (cell: string) => loud.hear('ended', (message) => message.cell === cell);
  const began = performance.now();
  // Each says some 900 KiB, in figures that nobody cuts.
  const talk = "for (let n = 0; n < 9; n++) display.markdown('x'.repeat(100_000))";
  const count = Math.ceil(saidAtOnce / 850_000) + 4;
  for (let n = 0; n < count; n++)
    loud.send({ type: 'run', lesson: 'libre', cell: `talk-${n}`, language: 'typescript', code: talk });
  await ended(`talk-${count - 5}`);
  await bobIsUnharmed();
  const last = await ended(`talk-${count - 1}`);
  assert.equal(last.report.outcome.class, 'done', 'what waits is not lost');
  const told = loud.heard.filter((message) => message.type === 'queued' && message.restMs !== undefined);
  assert.ok(told.length > 0, 'who waits is told for how long');
  const said = loud.heard.reduce(
    (sum, message) => sum + (message.type === 'display' ? JSON.stringify(message.item).length : 0),
    0,
  );
  const most = saidAtOnce + (saidPerSecond * (performance.now() - began)) / 1000 + 2 * 1024 * 1024;
  assert.ok(said > saidAtOnce, `${said} bytes were too few to tell`);
  assert.ok(said < most, `${said} bytes of ${most}`);
  await loud.close();
});

test('the launcher alone keeps root', { skip: process.getuid?.() !== 0 && 'not root' }, () => {
  const pids = [...programs('runner/server.ts'), ...programs('runner/host/host.ts')];
  assert.ok(pids.length >= 3);
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    assert.doesNotMatch(status, /^Uid:\s.*\b0\b/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^CapEff:\t0+$/m);
  }
});

describe('a cell', () => {
  test('runs, streams, and says what Redis saw', async () => {
    const ended = await run(ada, "await redis.set('k', '1', 'EX', 60);\nconsole.log(await redis.incr('k'));");
    assert.equal(outputOf(ada, ended.cell), '2\n');
    const { trace, keyspace, durationMs } = ended.report;
    assert.deepEqual([trace.roundTrips, trace.commands, trace.errors], [2, 2, 0]);
    assert.deepEqual(
      trace.list.map(({ name }) => name),
      ['SET', 'INCR'],
    );
    assert.deepEqual(
      keyspace.created.map(({ key, type }) => ({ key, type })),
      [{ key: 'k', type: 'string' }],
    );
    assert.ok(durationMs > 0);
    assert.equal(ended.message, null);
  });

  test('keeps its state from one to the next', async () => {
    await run(ada, "const greeting = 'bonjour'");
    const ended = await run(ada, 'console.log(greeting)');
    assert.equal(outputOf(ada, ended.cell), 'bonjour\n');
  });

  test('that fails points at the learner’s own line, and a Redis error is explained', async () => {
    const thrown = await run(ada, 'const a = 1;\nconst b = 2;\nthrow new TypeError("non");');
    const { outcome } = thrown.report;
    assert.ok(outcome.class === 'code-error');
    assert.deepEqual(
      [outcome.error.name, outcome.error.message, outcome.error.line],
      ['TypeError', 'non', 3],
    );
    const wrong = await run(ada, "await redis.set('s', 'x');\nawait redis.lpush('s', 'y');");
    assert.equal(wrong.message?.code, 'error-WRONGTYPE');
    assert.match(wrong.message.fact, /autre type/);
  });

  test('stops: an endless loop, an await that never ends, one that waits its turn', async () => {
    for (const code of ['for (;;);', 'await new Promise(() => {})']) {
      const cell = `stop-${++cells}`;
      ada.send({ type: 'run', lesson: '16-05', language: 'typescript', cell, code });
      await ada.hear('started', (message) => message.cell === cell);
      ada.send({ type: 'run', lesson: '16-05', language: 'typescript', cell: `${cell}-next`, code: '1' });
      await ada.hear('queued', (message) => message.cell === `${cell}-next` && message.place > 0);
      ada.send({ type: 'interrupt', lesson: '16-05', cell: `${cell}-next` });
      ada.send({ type: 'interrupt', lesson: '16-05', cell });
      for (const name of [cell, `${cell}-next`]) {
        const ended = await ada.hear('ended', (message) => message.cell === name);
        assert.equal(ended.report.outcome.class, 'interrupted', name);
        assert.match(ended.message!.fact, /arrêtée à votre demande/);
      }
    }
    const later = await run(ada, 'console.log(greeting)');
    assert.equal(outputOf(ada, later.cell), 'bonjour\n', 'state survives a stop');
  });

  test('Restart gives a clean kernel, Reset a clean Redis with the lesson’s seed', async () => {
    await run(ada, "await redis.set('mine', '1')");
    ada.forget();
    ada.send({ type: 'restart', lesson: '16-05', language: 'typescript' });
    const dead = await ada.hear('kernel', ({ state }) => state === 'dead');
    assert.equal(dead.message?.code, 'kernel-restarted');
    const gone = await run(ada, 'greeting');
    assert.equal(gone.report.outcome.class, 'code-error');
    assert.equal(outputOf(ada, (await run(ada, `${REDIS}console.log(await redis.get('mine'))`)).cell), '1\n');
    ada.forget();
    ada.send({ type: 'reset', lesson: '16-05' });
    await ada.hear('instance', ({ state }) => state === 'ready');
    const ended = await run(
      ada,
      "console.log(await redis.exists('mine'), await redis.hget('client:acme', 'name'))",
    );
    assert.equal(outputOf(ada, ended.cell), '0 Acme\n');
  });

  test('of one learner never sees the keys of another', async () => {
    await run(ada, "await redis.set('secret', 'à moi')");
    const ended = await run(bob, "console.log(await redis.get('secret'))");
    assert.equal(outputOf(bob, ended.cell), 'null\n');
  });
});

describe('a page', () => {
  test('that comes back finds its running cell as it stands', async () => {
    const cell = 'long';
    ada.send({
      type: 'run',
      lesson: '16-05',
      language: 'typescript',
      cell,
      code: "console.log('un'); await new Promise((r) => setTimeout(r, 2500)); console.log('deux');",
    });
    await ada.hear('output', (message) => message.cell === cell);
    await ada.close();
    ada = await Client.connect(stack.address, ada.cookie);
    ada.send({ type: 'hello', lesson: '16-05' });
    await ada.hear('started', (message) => message.cell === cell);
    await ada.hear('ended', (message) => message.cell === cell);
    assert.equal(outputOf(ada, cell), 'un\ndeux\n');
  });

  test('has a terminal that outlives it', async () => {
    const open = { type: 'terminal-open', lesson: '16-05', terminal: 'main', columns: 80, rows: 24 } as const;
    const shown = () =>
      ada.heard.map((message) => (message.type === 'terminal-output' ? message.data : '')).join('');
    const shows = async (what: RegExp) => {
      for (const deadline = Date.now() + 30_000; !what.test(shown()); await delay(20)) {
        if (Date.now() > deadline) throw new Error(`the terminal shows ${JSON.stringify(shown())}`);
      }
    };
    ada.send(open);
    await shows(/6379>/);
    ada.send({ type: 'terminal-input', lesson: '16-05', terminal: 'main', data: 'SET depuis terminal\r' });
    await shows(/OK/);
    await ada.close();
    ada = await Client.connect(stack.address, ada.cookie);
    ada.send({ type: 'hello', lesson: '16-05' });
    ada.send(open);
    await shows(/SET depuis terminal[^]*OK/);
    const ended = await run(ada, "console.log(await redis.get('depuis'))");
    assert.equal(outputOf(ada, ended.cell), 'terminal\n');
    ada.send({ type: 'terminal-close', lesson: '16-05', terminal: 'main' });
  });

  test('looks at keys', async () => {
    await run(ada, "await redis.hset('panier:7', { pommes: 3 })");
    ada.send({ type: 'keys', lesson: '16-05', request: 'q1', pattern: 'panier:*', cursor: '0' });
    const page = await ada.hear('keys', ({ request }) => request === 'q1');
    assert.deepEqual(
      page.keys.map(({ key, type }) => ({ key, type })),
      [{ key: 'panier:7', type: 'hash' }],
    );
    ada.send({ type: 'key', lesson: '16-05', request: 'q2', key: 'panier:7' });
    const { key } = await ada.hear('key', ({ request }) => request === 'q2');
    assert.deepEqual(key?.content, { kind: 'pairs', pairs: [['pommes', '3']] });
  });
});

describe('bad input hurts its author alone', () => {
  beforeEach(() => {
    ada.forget();
    bob.forget();
  });

  test('an output of 100 MB is cut, stopped and said', async () => {
    const ended = await run(ada, "for (let n = 0; n < 1600; n++) process.stdout.write('x'.repeat(65536));");
    const { outcome } = ended.report;
    assert.ok(outcome.class === 'limit' && outcome.limit === 'output', JSON.stringify(outcome));
    assert.match(ended.message!.fact, /a écrit plus que/);
    const heard = outputOf(ada, ended.cell).length;
    assert.ok(heard > 1000 && heard <= 200_000, `${heard} characters were sent on`);
    await bobIsUnharmed();
    const state = (await (await ada.get('/api/lessons/16-05')).json()) as LessonState;
    const kept = state.outputs.find(({ cell }) => cell === ended.cell);
    assert.ok(kept && JSON.stringify(kept).length < 300_000 && kept.message?.code === 'limit-output');
  });

  test('a fork bomb forks nothing that lasts', async () => {
    const ended = await run(
      ada,
      "const { spawn } = await import('node:child_process');\nfor (;;) spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);",
    );
    assert.ok(
      ['code-error', 'limit', 'kernel-ended'].includes(ended.report.outcome.class),
      JSON.stringify(ended.report.outcome),
    );
    await bobIsUnharmed();
  });

  test('a memory bomb ends its own kernel, and says so', async () => {
    const ended = await run(ada, 'const hold = [];\nfor (;;) hold.push(Buffer.alloc(8 * 1024 * 1024, 1));');
    const { outcome } = ended.report;
    assert.ok(['limit', 'kernel-ended', 'code-error'].includes(outcome.class), JSON.stringify(outcome));
    if (outcome.class === 'limit') assert.equal(outcome.limit, 'memory');
    if (outcome.class !== 'code-error') assert.match(ended.message!.fact, /mémoire|s’est effondré/);
    await bobIsUnharmed();
  });

  test('process.exit() costs its author their variables, and says so', async () => {
    const ended = await run(ada, 'process.exit(3)');
    if (ended.report.outcome.class === 'kernel-ended') assert.match(ended.message!.fact, /code 3/);
    else assert.equal(ended.report.outcome.class, 'code-error');
    const next = await run(ada, `${REDIS}console.log(await redis.ping())`);
    assert.equal(outputOf(ada, next.cell), 'PONG\n');
    await bobIsUnharmed();
  });

  test('a cell that never ends is stopped at its time, and says so', async () => {
    const ended = await run(ada, 'await new Promise(() => setInterval(() => {}, 1000))');
    assert.deepEqual(ended.report.outcome, { class: 'limit', limit: 'time', amount: 8000, unit: 'ms' });
    assert.match(ended.message!.fact, /8\u00a0s/);
    await bobIsUnharmed();
  });

  test('a Redis killed by its own learner comes back within seconds, and says what was lost', async () => {
    // ioredis would send the fatal command again to each new Redis: this client does not insist.
    const quiet =
      'const once = new Redis({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });';
    await run(ada, `${REDIS}${quiet}\nawait redis.set('precieux', '1');`);
    ada.forget();
    const fatal =
      "await once.call('CMS.INITBYDIM', 'c', '4000000000', '1000000000').catch((e) => console.log(e.message));";
    const ended = await run(ada, fatal);
    assert.equal(ended.report.outcome.class, 'done');
    const lost = await ada.hear('instance', ({ state }) => state === 'lost');
    assert.match(lost.message!.fact, /Votre Redis/);
    assert.match(lost.message!.fact, /clés? (est|sont) perdue/);
    assert.match(lost.message!.next, /neuf/);
    const look = "console.log(await redis.get('precieux'), await redis.hget('client:acme', 'name'))";
    const next = await run(ada, look);
    assert.equal(outputOf(ada, next.cell), 'null Acme\n', JSON.stringify(next.report.outcome));
    await bobIsUnharmed();
  });

  test('a command that kills Redis again at each reconnection is stopped with its kernel', async () => {
    await run(ada, REDIS);
    ada.forget();
    const ended = await run(ada, "await redis.call('CMS.INITBYDIM', 'c', '4000000000', '1000000000')");
    assert.equal(ended.report.outcome.class, 'kernel-ended', JSON.stringify(ended.report.outcome));
    const loop = await ada.hear('instance', ({ message }) => message?.code === 'instance-loop');
    assert.match(loop.message!.fact, /3 fois de suite/);
    const next = await run(ada, `${REDIS}console.log(await redis.hget('client:acme', 'name'))`);
    assert.equal(outputOf(ada, next.cell), 'Acme\n', JSON.stringify(next.report.outcome));
    await bobIsUnharmed();
  });

  test('a script that never ends loses its author their Redis, not their variables', async () => {
    await run(ada, `${REDIS}const kept = 'gardé'`);
    ada.forget();
    await run(
      ada,
      'await new Redis({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }).eval(\'redis.call("SET", "x", 1) while true do end\', 0).catch((e) => console.log(e.message))',
    );
    const lost = await ada.hear('instance', ({ state }) => state === 'lost');
    assert.equal(lost.message?.code, 'instance-hang');
    const next = await run(ada, 'console.log(kept, await redis.ping())');
    assert.equal(outputOf(ada, next.cell), 'gardé PONG\n', JSON.stringify(next.report.outcome));
    await bobIsUnharmed();
  });
});

describe('what breaks on our side', () => {
  test('a lost host ends its runs as ours, and the next run finds another', async () => {
    await stack.healthy();
    ada.forget();
    ada.send({
      type: 'run',
      lesson: '16-05',
      language: 'typescript',
      cell: 'during',
      code: "console.log('avant'); await new Promise(() => {})",
    });
    await ada.hear('output', ({ cell }) => cell === 'during');
    for (const pid of programs('runner/host/host.ts')) process.kill(pid, 'SIGKILL');
    const ended = await ada.hear('ended', ({ cell }) => cell === 'during');
    assert.deepEqual([ended.report.outcome.class, ended.message?.code], ['platform', 'host-lost']);
    assert.match(ended.message!.fact, /votre code n’y est pour rien/);
    await stack.healthy();
    const next = await run(ada, `${REDIS}console.log(await redis.hget('client:acme', 'name'))`);
    assert.equal(outputOf(ada, next.cell), 'Acme\n', JSON.stringify(next.report.outcome));
  });

  test('kill -9 of the server loses nothing that was kept', async () => {
    await run(bob, `${REDIS}await redis.ping()`);
    const done = await run(ada, "console.log('gardé')");
    ada.send({
      type: 'draft',
      lesson: '16-05',
      cell: 'c1',
      language: 'typescript',
      code: 'brouillon',
      revision: 9,
      basis: 'b',
    });
    await ada.hear('saved');
    ada.send({
      type: 'verify',
      lab: '16-05a-fenetre-fixe',
      language: 'typescript',
      code: 'export const rien = 1;',
    });
    const { attempt } = await ada.hear('attempt');
    await ada.hear('verdict', (message) => message.attempt === attempt && message.final);
    ada.send({
      type: 'run',
      lesson: '16-05',
      language: 'typescript',
      cell: 'cut',
      code: "console.log('à moitié'); await new Promise(() => {})",
    });
    await ada.hear('output', ({ cell }) => cell === 'cut');
    const kept = async () => ((await (await ada.get('/api/lessons/16-05')).json()) as LessonState).outputs;
    await delay(1_500);
    for (const pid of programs('runner/server.ts')) process.kill(pid, 'SIGKILL');
    await stack.healthy();

    const again = await Client.connect(stack.address, ada.cookie);
    assert.equal(again.learner, ada.learner);
    const outputs = await kept();
    const whole = outputs.find(({ cell }) => cell === done.cell);
    assert.deepEqual(whole?.items, [{ type: 'output', stream: 'stdout', text: 'gardé\n' }]);
    const cut = outputs.find(({ cell }) => cell === 'cut');
    assert.deepEqual(cut?.items, [{ type: 'output', stream: 'stdout', text: 'à moitié\n' }]);
    assert.equal(cut.message?.code, 'server-stopped');
    const { drafts } = (await (await again.get('/api/lessons/16-05')).json()) as LessonState;
    assert.equal(drafts.find(({ cell }) => cell === 'c1')?.code, 'brouillon');
    const lab = (await (await again.get('/api/labs/16-05a-fenetre-fixe')).json()) as LabState;
    assert.deepEqual(
      lab.attempts.map((one) => [one.attempt, one.verdict?.class]),
      [[attempt, 'code-error']],
    );
    const next = await run(again, `${REDIS}console.log(await redis.ping())`);
    assert.equal(outputOf(again, next.cell), 'PONG\n');
    await again.close();
    bob = await Client.connect(stack.address, bob.cookie);
  });
});
