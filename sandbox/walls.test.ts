/** What a learner's code can see and do in a real box, by trying; and what the machine says of its processes. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync, statSync, writeFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { runCode, startRedis, stopRedis } from './experiment.ts';
import { descendants } from './processes.ts';
import { openSandbox, type Box, type Sandbox } from './run.ts';

let sandbox: Sandbox;
let box: Box;

before(async () => {
  sandbox = await openSandbox();
  box = await sandbox.start({ program: 'typescript', memory: 256, disk: 4 });
});

after(() => sandbox.close());

/** Runs code whose last line prints JSON, and reads it. */
async function told(code: string): Promise<unknown> {
  const result = await runCode(box, code);
  assert.equal(result.ended, 'done', JSON.stringify(result));
  return JSON.parse(result.text);
}

/** The code of the error that an expression throws, or what it returned. */
const attempt = (expression: string): string =>
  `const attempt = async () => { try { return String(await (${expression})); } catch (error) { return error.code ?? error.message; } };
console.log(JSON.stringify(await attempt()));`;

const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

/** The processes of our boxes: below this one, in another pid namespace. */
function insiders(): number[] {
  const ours = readlinkSync('/proc/self/ns/pid');
  return descendants(process.pid).filter((pid) => readlinkSync(`/proc/${pid}/ns/pid`) !== ours);
}

test('every process of a box has its slot’s uid, no capability, a filter, and namespaces of its own', async (context) => {
  const redis = await startRedis(sandbox);
  context.after(() => stopRedis(redis));
  assert.notEqual(redis.box.uid, box.uid);
  const uids = new Set<number>();
  const pids = insiders();
  assert.ok(pids.length >= 4);
  for (const pid of pids) {
    const uid = Number(status(pid, 'Uid').split('\t')[0]);
    uids.add(uid);
    assert.ok(uid >= 20_000, `pid ${pid} has uid ${uid}`);
    assert.deepEqual(status(pid, 'Groups').trim(), '');
    assert.equal(Number(`0x${status(pid, 'CapEff')}`), 0);
    assert.equal(Number(`0x${status(pid, 'CapBnd')}`), 0);
    assert.equal(status(pid, 'NoNewPrivs'), '1');
    assert.equal(status(pid, 'Seccomp'), '2');
    for (const name of ['user', 'net', 'mnt', 'ipc', 'uts', 'cgroup']) {
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/self/ns/${name}`), name);
    }
  }
  assert.deepEqual([...uids].toSorted(), [box.uid, redis.box.uid].toSorted());
});

test('its environment holds nothing of ours', async () => {
  const environment = (await told('console.log(JSON.stringify(process.env))')) as object;
  assert.deepEqual(Object.keys(environment).toSorted(), ['HOME', 'NODE_ENV', 'PATH', 'PWD']);
  const first = (await told(
    `import { readFileSync } from 'node:fs'; console.log(JSON.stringify(readFileSync('/proc/1/environ', 'utf8')))`,
  )) as string;
  assert.doesNotMatch(first, /ATELIER|REDIS|HOME|\/root|NODE_OPTIONS/);
});

test('files of the machine are not there', async () => {
  const secret = '/var/tmp/atelier-walls-secret';
  writeFileSync(secret, 'secret', { mode: 0o644 });
  const roots = `import fs from 'node:fs'; const see = (path) => { try { return fs.readdirSync(path).sort(); } catch (error) { return error.code; } };
console.log(JSON.stringify({ root: see('/'), secret: fs.existsSync('${secret}'), etc: see('/etc'), root1: see('/proc/1/root'), sys: see('/sys'), run: see('/run'), home: see('/root'), shell: fs.existsSync('/bin/sh'), app: see('/app') }))`;
  const seen = (await told(roots)) as Record<string, unknown>;
  rmSync(secret);
  assert.deepEqual(seen.root, ['app', 'bin', 'dev', 'etc', 'lib', 'lib64', 'proc', 'tmp']);
  assert.deepEqual(seen.etc, ['group', 'hosts', 'nsswitch.conf', 'passwd']);
  assert.equal(seen.secret, false);
  assert.equal(seen.shell, false);
  assert.deepEqual(seen.app, ['inside', 'node_modules']);
  for (const gone of [seen.sys, seen.run, seen.home]) assert.equal(gone, 'ENOENT');
});

test('it sees its own processes alone', async () => {
  const pids = await told(
    `import { readdirSync } from 'node:fs'; console.log(JSON.stringify(readdirSync('/proc').filter((name) => Number(name))))`,
  );
  assert.deepEqual(pids, ['1', '2']);
});

test('nothing can be written but in /tmp, and what is there cannot be executed', async () => {
  for (const path of [
    '/x',
    '/app/x',
    '/app/inside/x',
    '/etc/hosts',
    '/dev/x',
    '/bin/node',
    '/proc/sys/kernel/core_pattern',
    '/lib/x',
  ]) {
    const answer = await told(`import fs from 'node:fs'; ${attempt(`fs.writeFileSync('${path}', 'x')`)}`);
    assert.match(String(answer), /EROFS|EACCES|ENOENT|EISDIR|ERR_ACCESS_DENIED|EPERM/, `${path}: ${answer}`);
  }
  assert.equal(
    await told(`import fs from 'node:fs'; ${attempt(`fs.writeFileSync('/tmp/x', 'x') ?? 'written'`)}`),
    'written',
  );
});

test('mounts inside: root and /dev read-only, /tmp without exec, suid or devices, bounded', () => {
  const pid = insiders().at(-1)!;
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  for (const fields of mounts) {
    const [, , , , target, options] = fields;
    if (target === '/tmp' || target === '/proc' || target.startsWith('/dev/')) continue;
    assert.ok(options.split(',').includes('ro'), `${target} ${options}`);
  }
  const temporary = mounts.find(([, , , , target]) => target === '/tmp')!;
  for (const option of ['noexec', 'nosuid', 'nodev'])
    assert.ok(temporary[5].split(',').includes(option), option);
  assert.match(temporary.at(-1)!, /size=4096k.*nr_inodes=1024/);
});

test('no network: not the machine’s loopback, not an address, not a name', async () => {
  const server = createServer((socket) => socket.end('reached'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const connect = (host: string, to: number): string =>
    `import net from 'node:net'; ${attempt(
      `new Promise((resolve, reject) => { const s = net.connect(${to}, '${host}', () => resolve('connected')); s.on('error', reject); })`,
    )}`;
  assert.match(String(await told(connect('127.0.0.1', port))), /ECONNREFUSED/);
  assert.match(String(await told(connect('192.0.2.1', 80))), /ENETUNREACH/);
  assert.match(String(await told(connect('exemple.fr', 80))), /ENOTFOUND|EAI_AGAIN|EAFNOSUPPORT/);
  server.close();
});

test('an abstract socket of the machine is not reached', async () => {
  const name = `atelier-walls-${process.pid}`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
  const answer = await told(
    `import net from 'node:net'; ${attempt(
      `new Promise((resolve, reject) => { const s = net.connect('\\0${name}', () => resolve('connected')); s.on('error', reject); })`,
    )}`,
  );
  assert.match(String(answer), /ECONNREFUSED/);
  server.close();
});

test('it has the descriptors that it was given and no other', async () => {
  const links = (await told(
    `import fs from 'node:fs'; console.log(JSON.stringify(fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } })))`,
  )) as string[];
  const strange = links.filter(
    (link) => link && !/^(anon_inode:|pipe:|socket:|\/dev\/(null|urandom)|\/proc\/)/.test(link),
  );
  assert.deepEqual(strange, []);
});

test('children are refused by Node, and signals reach nothing outside', async () => {
  const spawned = await told(
    `import { spawnSync } from 'node:child_process'; ${attempt(`spawnSync('/bin/node', ['-v']).status`)}`,
  );
  assert.equal(spawned, 'ERR_ACCESS_DENIED');
  const answer = await told(attempt(`process.kill(${process.pid}, 0)`));
  assert.equal(answer, 'ESRCH');
});

test('the cgroup of the box holds all of it, with its limits', async () => {
  const pids = insiders();
  for (const pid of pids) assert.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), /atelier-redis-\d+\/\d+/);
  const { memory, cpu } = await box.usage();
  assert.ok(memory > 10 * 1024 * 1024 && memory < 256 * 1024 * 1024, `${memory}`);
  assert.ok(cpu > 10_000, `${cpu}`);
});

test('the launcher’s folder is its own: outside its namespace there is nothing to see', () => {
  assert.equal(statSync('/run/atelier-redis/slots', { throwIfNoEntry: false }), undefined);
});

test('every wall that can stand here stands', async () => {
  const walls = await sandbox.walls();
  assert.ok(walls.length >= 8);
  assert.deepEqual(
    walls.filter(({ stands }) => !stands),
    [],
  );
});
