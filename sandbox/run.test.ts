/** The life of boxes: how they start, stop, stand still, and what is left of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { findHierarchies } from './cgroup.ts';
import { runCode, startRedis, stopRedis } from './experiment.ts';
import { allProcesses, usedUids } from './processes.ts';
import { openSandbox, type Box, type Job, type Sandbox } from './run.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await openSandbox();
});

after(() => sandbox.close());

const cell: Job = { program: 'typescript', memory: 256, disk: 4 };

/** The groups, in every hierarchy, of a box's slot. */
function groupsOf(box: Box): string[] {
  const base = box.uid - (box.uid % 1000);
  const mounts = Object.values(findHierarchies()?.mounts ?? {});
  return mounts
    .map((mount) => `${mount}/atelier-redis-${base}/${box.uid - base}`)
    .filter((path) => existsSync(path));
}

/** The process of a box that runs a program of this name. */
function processNamed(name: string, uid: number): number {
  const found = allProcesses().find((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return status.startsWith(`Name:\t${name}\n`) && status.includes(`\nUid:\t${uid}\t`);
  });
  assert.ok(found);
  return found;
}

/** The smallest x86_64 program: an ELF header, one segment, and this machine code. */
function tinyProgram(code: string): Buffer {
  const header =
    '7f454c4602010100000000000000000002003e000100000078004000000000004000000000000000000000000000000000000000400038000100000000000000' +
    '01000000050000000000000000000000000040000000000000004000000000009400000000000000940000000000000000100000000000';
  return Buffer.concat([Buffer.from(`${header}00`, 'hex'), Buffer.from(code, 'hex')]);
}

test('a box that is killed leaves no process, no cgroup and no file', async () => {
  const { box, admin, learner } = await startRedis(sandbox);
  const slots = box.redisSocket!.split('/').slice(0, -3).join('/');
  assert.equal(usedUids(box.uid, 1).size, 1);
  assert.ok(groupsOf(box).length > 0);
  admin.disconnect();
  learner.disconnect();
  const exit = await box.kill();
  assert.equal(exit.reason, 'killed');
  assert.equal(usedUids(box.uid, 1).size, 0);
  assert.deepEqual(groupsOf(box), []);
  assert.deepEqual(readdirSync(slots), []);
});

test('killing twice, or after the end, is the same exit', async () => {
  const box = await sandbox.start(cell);
  const [first, second] = await Promise.all([box.kill(), box.kill()]);
  assert.deepEqual(first, second);
  assert.deepEqual(await box.kill(), first);
});

test('living boxes have different uids, and a uid comes back only after its box', async () => {
  const boxes = await Promise.all([sandbox.start(cell), sandbox.start(cell), sandbox.start(cell)]);
  assert.equal(new Set(boxes.map(({ uid }) => uid)).size, 3);
  const [first] = boxes;
  await first.kill();
  const next = await sandbox.start(cell);
  assert.ok(!boxes.slice(1).some(({ uid }) => uid === next.uid));
  await Promise.all([...boxes, next].map((box) => box.kill()));
});

test('an end is told by its cause', async (context) => {
  const ended = await sandbox.start({ program: 'redis', memory: 64, disk: 1 });
  ended.control.end('no-such-directive yes\n');
  assert.deepEqual((await ended.exited).reason, 'ended');

  const crashed = await startRedis(sandbox);
  context.after(() => stopRedis(crashed));
  process.kill(processNamed('redis-server', crashed.box.uid), 'SIGSEGV');
  const { reason, signal } = await crashed.box.exited;
  assert.deepEqual({ reason, signal }, { reason: 'crashed', signal: 'SIGSEGV' });
});

test('a memory bomb in a cell ends its box alone, for memory', async () => {
  const [bomb, bystander] = await Promise.all([sandbox.start(cell), sandbox.start(cell)]);
  const code = 'const all = []; for (;;) { all.push(Buffer.alloc(8 << 20, 1)); await null; }';
  const result = await runCode(bomb, code, 60_000);
  assert.equal(result.ended, 'dead', JSON.stringify(result));
  const { reason } = await bomb.exited;
  assert.equal(reason, 'memory');
  assert.equal((await runCode(bystander, 'console.log(1)')).text, '1\n');
  await bystander.kill();
});

test('a memory bomb in one Lua script ends its Redis alone, for memory', async (context) => {
  const redis = await startRedis(sandbox);
  context.after(() => stopRedis(redis));
  await assert.rejects(
    redis.learner.eval("local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end", 0),
    /closed|Connection|max retries/i,
  );
  assert.equal((await redis.box.exited).reason, 'memory');
});

test('threads and files are counted, sizes too', async () => {
  const box = await sandbox.start(cell);
  const threads = await runCode(
    box,
    `import { Worker } from 'node:worker_threads';
let started = 0, refused = 0;
await Promise.all(Array.from({ length: 60 }, () => new Promise((resolve) => {
  try {
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    worker.once('online', () => { started++; resolve(); });
    worker.once('error', () => { refused++; resolve(); });
  } catch { refused++; resolve(); }
})));
console.log(started < 32 ? 'held' : started);`,
    60_000,
  );
  // V8 may give up as a whole when a thread is refused: the effect that counts is that no more ran.
  assert.ok(threads.ended === 'dead' || threads.text === 'held\n', JSON.stringify(threads));
  await box.kill();

  const other = await sandbox.start(cell);
  const write = (body: string): string =>
    `import fs from 'node:fs'; try { ${body}; console.log('written'); } catch (error) { console.log(error.code); }`;
  const whole = await runCode(
    other,
    write(`for (let i = 0; i < 8; i++) fs.writeFileSync('/tmp/' + i, Buffer.alloc(1 << 20))`),
  );
  assert.equal(whole.text, 'ENOSPC\n');
  const names = await runCode(
    other,
    write(
      `for (const f of fs.readdirSync('/tmp')) fs.rmSync('/tmp/' + f); for (let i = 0; i < 2000; i++) fs.writeFileSync('/tmp/' + i, '')`,
    ),
  );
  assert.equal(names.text, 'ENOSPC\n');
  await other.kill();
});

test('the processor of an endless loop is not more than the box’s share', async () => {
  const box = await sandbox.start({ program: 'typescript', memory: 256, disk: 4 });
  void runCode(box, 'for (;;);', 60_000);
  const [start, from] = [await box.usage(), performance.now()];
  await wait(1500);
  const used = (await box.usage()).cpu - start.cpu;
  assert.ok(used <= (performance.now() - from) * 1000 * 1.3, `${used} µs`);
  assert.equal((await box.kill()).reason, 'killed');
});

test('a frozen box stands still, a thawed one goes on, and a frozen one can be killed', async () => {
  const box = await sandbox.start(cell);
  const result = runCode(
    box,
    'let n = 0; for (;;) { n++; if (n > 5e7) break; } console.log(n > 5e7)',
    60_000,
  );
  await box.freeze();
  const { cpu } = await box.usage();
  await wait(300);
  assert.ok((await box.usage()).cpu - cpu < 5000);
  await box.thaw();
  assert.equal((await result).text, 'true\n');
  await box.freeze();
  assert.equal((await box.kill()).reason, 'killed');
});

test('a sealed socket cannot be replaced by its Redis, which can still write beside it', async (context) => {
  const redis = await startRedis(sandbox);
  context.after(() => stopRedis(redis));
  const [, launcher, path] = /^\/proc\/(\d+)\/root(.*)$/.exec(redis.box.redisSocket!)!;
  const { uid } = redis.box;
  // What the box's own uid may do there, as if its redis-server were the attacker's.
  const asBox = (...command: string[]): number | null =>
    spawnSync('nsenter', [
      ...`--target ${launcher} --mount setpriv --reuid ${uid} --regid ${uid} --clear-groups --`.split(' '),
      ...command,
    ]).status;
  assert.notEqual(asBox('rm', '-f', path), 0);
  assert.notEqual(asBox('mv', path, `${path}.old`), 0);
  assert.notEqual(asBox('chmod', '777', path), 0);
  assert.equal(asBox('touch', `${path}.beside`), 0);
  assert.equal(await redis.admin.call('SAVE'), 'OK');
  const again = redis.learner.duplicate();
  assert.equal(await again.ping(), 'PONG');
  again.disconnect();
});

test('a program that dies before it is ready is an error that holds its last words', async () => {
  // exit(42)
  const exits42 = tinyProgram('6a2a5f6a3c580f05');
  const binary = await sandbox.installBinary(exits42);
  assert.match(binary, /^[0-9a-f]{64}$/);
  await assert.rejects(sandbox.start({ program: 'go', memory: 64, disk: 1, binary }), /ended, 42/);
  await assert.rejects(sandbox.start({ program: 'go', memory: 64, disk: 1, binary: '0'.repeat(64) }), {
    code: 'binary',
  });
  await assert.rejects(sandbox.installBinary(Buffer.alloc(33 << 20)), { code: 'binary' });
});

// Machine code that writes to descriptor 4, the channel on which openers hand over 6379.
const nonsense = {
  // for ever: write(4, "x\n", 2)
  'what is not JSON': '6a01586a045f488d35070000006a025a0f05ebec780a',
  // write(4, {"cmd":"NODE_HANDLE","type":"__proto__"}\n, 42), then for ever
  'a message of Node itself': `6a01586a045f488d35070000006a2a5a0f05ebfe${Buffer.from('{"cmd":"NODE_HANDLE","type":"__proto__"}\n\n').toString('hex')}`,
  // for ever: write(4, its own code, 128)
  'a line without end': '6a01586a045f488d35f3ffffff68800000005a0f05ebe9',
};

for (const [what, code] of Object.entries(nonsense)) {
  test(`${what} on the launcher’s channel hurts only the box that says it`, async () => {
    const binary = await sandbox.installBinary(tinyProgram(code));
    const bystander = await sandbox.start(cell);
    await assert.rejects(sandbox.start({ program: 'go', memory: 64, disk: 1, binary }), { code: 'lost' });
    assert.equal((await runCode(bystander, 'console.log(1)')).text, '1\n');
    await bystander.kill();
    // The next box opens as if nothing had been.
    await (await sandbox.start(cell)).kill();
  });
}

test('a job out of bounds is refused', async () => {
  await assert.rejects(sandbox.start({ ...cell, memory: 1e9 }), { code: 'malformed' });
  const job: unknown = { ...cell, program: '/bin/sh' };
  await assert.rejects(sandbox.start(job as Job), { code: 'malformed' });
});

test('two launchers side by side have their own uids, folders and boxes', async (context) => {
  const other = await openSandbox();
  context.after(() => other.close());
  const [mine, theirs] = await Promise.all([sandbox.start(cell), other.start(cell)]);
  assert.notEqual(Math.floor(mine.uid / 1000), Math.floor(theirs.uid / 1000));
  await other.close();
  assert.equal((await theirs.exited).reason, 'killed');
  assert.equal((await runCode(mine, 'console.log(1)')).text, '1\n');
  await mine.kill();
});

test('closing kills every box of the host', async (context) => {
  const other = await openSandbox();
  context.after(() => other.close());
  const boxes = await Promise.all([other.start(cell), startRedis(other)]);
  boxes[1].admin.disconnect();
  boxes[1].learner.disconnect();
  await other.close();
  for (const { uid } of [boxes[0], boxes[1].box]) assert.equal(usedUids(uid, 1).size, 0);
  await assert.rejects(other.start(cell), { code: 'closed' });
});

test('memory accounting of the kernel is what the box was given', async () => {
  const box = await sandbox.start(cell);
  const hierarchies = findHierarchies();
  const [memory] = groupsOf(box).filter((path) => path.startsWith(hierarchies?.mounts.memory ?? '/nowhere'));
  const file = hierarchies?.version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
  assert.equal(readFileSync(`${memory}/${file}`, 'utf8').trim(), `${256 * 1024 * 1024}`);
  await box.kill();
});

test('what begins with a state is a redis box alone', async () => {
  await assert.rejects(sandbox.start({ ...cell, state: true }), { code: 'malformed' });
  const box = await sandbox.start({ program: 'redis', memory: 64, disk: 1, state: true });
  // More than its /tmp holds: bubblewrap cannot write it, and nothing is started.
  box.state!.on('error', () => {}).end(Buffer.alloc(3 << 20));
  assert.equal((await box.exited).reason, 'ended');
});
