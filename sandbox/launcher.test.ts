/** The launcher itself: who has root, what survives whom, and where it can live. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { findHierarchies } from './cgroup.ts';
import { Clone } from './clone.ts';
import type { LauncherConfig } from './launcher.ts';
import { allProcesses, descendants, isAlive, usedUids } from './processes.ts';
import { openSandbox } from './run.ts';

/** A user of every Debian that owns nothing. */
const nobody = 65_534;

const ada = 'ada0'.repeat(8);

/** Opens the sandbox, starts a box of each kind that needs nothing more, and says what it saw. */
const script = `
import { readdirSync, readFileSync } from 'node:fs';
import { openSandbox } from './sandbox/run.ts';
import { runCode, startRedis } from './sandbox/experiment.ts';
const sandbox = await openSandbox();
const box = await sandbox.start({ program: 'typescript', memory: 256, disk: 4, owner: '${ada}' });
const { text } = await runCode(box, "import fs from 'node:fs'; fs.writeFileSync('/tmp/x', 'x'); console.log(fs.readdirSync('/tmp').join())");
const redis = await startRedis(sandbox);
await redis.box.give('${ada}');
await redis.learner.set('k', 'v');
await box.freeze();
const before = (await box.usage()).cpu;
await box.thaw();
console.log(JSON.stringify({ text, uid: box.uid, value: await redis.learner.get('k'), cpu: before, walls: await sandbox.walls(), path: redis.box.redisSocket }));
if (process.env.WAIT) await new Promise(() => setInterval(() => {}, 1000));
redis.admin.disconnect();
redis.learner.disconnect();
await sandbox.close();
`;

interface Seen {
  text: string;
  uid: number;
  value: string;
  cpu: number;
  walls: { name: string; stands: boolean; why?: string }[];
  path: string;
}

/** The first line a child prints, as JSON. */
async function said(child: ChildProcess): Promise<Seen> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const seen: Seen = JSON.parse(line);
    return seen;
  }
  throw new Error('it said nothing');
}

function cloneFor(context: TestContext, mode: number, owner?: number): Clone {
  const clone = new Clone(mode, owner);
  context.after(() => clone.remove());
  return clone;
}

/** Polls until a condition holds. */
async function until(condition: () => boolean, what: string, patienceMs = 20_000): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    assert.ok(waited < patienceMs, what);
    await wait(10);
  }
}

test('a clone below a folder that only root may enter works', async (context) => {
  const child = cloneFor(context, 0o700).run(script);
  const ended = once(child, 'exit');
  const seen = await said(child);
  assert.equal(seen.text, 'x\n');
  assert.equal(seen.value, 'v');
  assert.ok(seen.uid >= 20_000);
  assert.deepEqual((await ended)[0], 0);
});

test('without root everything works but the walls that need it, and these are named', async (context) => {
  const clone = cloneFor(context, 0o755, nobody);
  const child = clone.run(script, { XDG_DATA_HOME: clone.data }, [
    'setpriv',
    `--reuid=${nobody}`,
    `--regid=${nobody}`,
    '--clear-groups',
    '--',
  ]);
  const ended = once(child, 'exit');
  const seen = await said(child);
  assert.equal(seen.text, 'x\n');
  assert.equal(seen.value, 'v');
  assert.equal(seen.uid, nobody);
  assert.ok(seen.path.startsWith(clone.data));
  const standing = (stands: boolean): string[] =>
    seen.walls.filter((wall) => wall.stands === stands).map(({ name }) => name);
  assert.deepEqual(standing(true), [
    'namespaces',
    'capabilities',
    'no-new-privileges',
    'seccomp',
    'read-only-root',
    'rlimits',
  ]);
  assert.deepEqual(standing(false), [
    'uid',
    'bounded-tmp',
    'cgroup-memory',
    'cgroup-pids',
    'cgroup-cpu',
    'freezer',
  ]);
  for (const wall of seen.walls) assert.equal(wall.stands, wall.why === undefined, wall.name);
  assert.equal((await ended)[0], 0);
  assert.deepEqual(readdirSync(`${clone.data}/atelier-redis/run`), []);
});

test('kill -9 of the launcher leaves no process, and the next launcher removes its cgroups', async (context) => {
  const child = cloneFor(context, 0o755).run(script, { WAIT: '1' });
  const { uid } = await said(child);
  const launcher = descendants(child.pid!).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('launcher.ts'),
  );
  const below = descendants(launcher!);
  assert.ok(below.length >= 5);
  process.kill(launcher!, 'SIGKILL');
  await until(() => !below.some(isAlive), 'processes survive their launcher');
  const base = uid - (uid % 1000);
  const groups = Object.values(findHierarchies()!.mounts).map((mount) => `${mount}/atelier-redis-${base}`);
  assert.ok(groups.some((group) => existsSync(`${group}/learner-${ada}`)));
  child.kill('SIGKILL');
  await (await openSandbox()).close();
  assert.deepEqual(
    groups.filter((group) => existsSync(group)),
    [],
  );
  assert.equal(usedUids(base, 1000).size, 0);
});

test('kill -9 of whoever opened the sandbox ends it all', async (context) => {
  const child = cloneFor(context, 0o755).run(script, { WAIT: '1' });
  await said(child);
  const below = descendants(child.pid!).slice(1);
  child.kill('SIGKILL');
  await until(() => !below.some(isAlive), 'processes survive the one that opened the sandbox');
});

test('a descriptor that the operator’s shell left open does not reach a box', async () => {
  const code = `
import { openSandbox } from '${import.meta.dirname}/run.ts';
import { runCode } from '${import.meta.dirname}/experiment.ts';
const sandbox = await openSandbox();
const box = await sandbox.start({ program: 'typescript', memory: 256, disk: 4 });
const { text } = await runCode(box, "import fs from 'node:fs'; for (const fd of fs.readdirSync('/proc/self/fd')) try { console.log(fs.readlinkSync('/proc/self/fd/' + fd)); } catch {}");
console.log(text);
await sandbox.close();`;
  // Node closes low ones on exec by itself; it stops looking at the first gap above 15.
  const shell = spawn(
    'bash',
    [
      '-c',
      'exec 251</etc/shadow; exec "$@"',
      'bash',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      code,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  shell.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(shell, 'close');
  assert.match(text, /socket:/);
  assert.doesNotMatch(text, /shadow/);
});

/** A host that says on its standard output that a box of its own runs. */
const hostProgram = `
import { openSandbox } from './sandbox/run.ts';
const sandbox = await openSandbox();
const box = await sandbox.start({ program: 'typescript', memory: 256, disk: 4 });
process.stdout.write(\`\${JSON.stringify({ host: process.pid, uid: box.uid, me: process.getuid(), path: process.execPath })}\\n\`);
`;

test('root is the launcher’s alone; a host that dies comes back, and its boxes go with it', async (context) => {
  const clone = cloneFor(context, 0o700);
  clone.write('host.ts', hostProgram);
  clone.write('server.ts', 'setInterval(() => {}, 1000)');
  const config: LauncherConfig = {
    user: 'nobody',
    paths: { app: clone.folder, data: clone.data, redisStack: process.env.REDIS_STACK_DIR },
    programs: [
      { name: 'server', role: 'server', argv: ['{node}', '{app}/server.ts'], env: { DATA: '{data}' } },
      { name: 'host-1', role: 'host', argv: ['{node}', '{app}/host.ts'], env: {} },
    ],
  };
  const launcher = spawn(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      process.execPath,
      `${clone.folder}/sandbox/launcher.ts`,
      JSON.stringify(config),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' },
  );
  const lines = createInterface({ input: launcher.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<{ host: number; uid: number; me: number; path: string }> =>
    JSON.parse((await lines.next()).value ?? '');
  const first = await next();
  assert.equal(first.me, nobody);
  assert.ok(first.path.startsWith('/run/atelier-redis/'));
  const roots = descendants(launcher.pid!).filter((pid) =>
    /^Uid:\t(.*\t)?0\b/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
  );
  assert.deepEqual(roots, [launcher.pid]);
  for (const pid of descendants(launcher.pid!).slice(1)) {
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /NoNewPrivs:\t1/);
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /CapBnd:\t0000000000000000/);
  }

  process.kill(first.host, 'SIGKILL');
  const second = await next();
  assert.notEqual(second.host, first.host);
  await until(() => usedUids(first.uid, 1).size === 0, 'the boxes of the dead host live on');

  const all = descendants(launcher.pid!);
  const groups = Object.values(findHierarchies()!.mounts).map(
    (mount) => `${mount}/atelier-redis-${first.uid - (first.uid % 1000)}`,
  );
  launcher.kill('SIGTERM');
  await once(launcher, 'exit');
  await until(
    () => !all.some((pid) => allProcesses().includes(pid) && isAlive(pid)),
    'processes survive SIGTERM',
  );
  assert.deepEqual(
    groups.filter((group) => existsSync(group)),
    [],
  );
});
