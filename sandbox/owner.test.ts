/** The boxes of one learner, who has together what one box of another has alone. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { findHierarchies } from './cgroup.ts';
import { runCode, startRedis, stopRedis } from './experiment.ts';
import { openSandbox, type Box, type Job, type Sandbox } from './run.ts';

const ada = 'ada0'.repeat(8);
const bob = 'b0b0'.repeat(8);
const python: Job = { program: 'python', memory: 128, disk: 1 };

let sandbox: Sandbox;

before(async () => {
  sandbox = await openSandbox();
});

after(() => sandbox.close());

/** The folders of a learner's group that are there. */
function groupsOf(owner: string, uid: number): string[] {
  const base = uid - (uid % 1000);
  const mounts = Object.values(findHierarchies()?.mounts ?? {});
  return mounts.map((mount) => `${mount}/atelier-redis-${base}/learner-${owner}`).filter(existsSync);
}

async function start(job: Job): Promise<Box> {
  const box = await sandbox.start(job);
  // One that is killed resets its streams.
  for (const stream of [box.control, box.stdout, box.stderr]) stream.on('error', () => {});
  return box;
}

/** Starts endless work in a box; it is killed with the box. */
function keepBusy(box: Box): void {
  void runCode(box, 'while True: pass', 60_000);
}

/** The processor time that boxes use meanwhile, microseconds. */
async function used(boxes: Box[], ms: number): Promise<number> {
  const sum = async () =>
    (await Promise.all(boxes.map((box) => box.usage()))).reduce((all, { cpu }) => all + cpu, 0);
  const first = await sum();
  await wait(ms);
  return (await sum()) - first;
}

test('six boxes of one learner leave another the processor of a learner, not of a box', async () => {
  const many = await Promise.all(Array.from({ length: 6 }, () => start({ ...python, owner: ada })));
  // As from a warm pool: started before anybody has asked.
  const alone = await start(python);
  await alone.give(bob);
  for (const box of [...many, alone]) keepBusy(box);
  await wait(300);
  const [his, hers] = await Promise.all([used([alone], 2000), used(many, 2000)]);
  await Promise.all([...many, alone].map((box) => box.kill()));
  // Two cores: half each is right, a seventh is what a box would have among seven.
  assert.ok(his / (his + hers) > 0.25, `${his} µs beside ${hers} µs`);
});

test('the memory of a learner has a ceiling, which is told apart from that of the box', async () => {
  const boxes = await Promise.all(
    Array.from({ length: 3 }, () => start({ ...python, memory: 1024, owner: ada })),
  );
  const fill = (box: Box) => runCode(box, "hoard = b'x' * (820 << 20)", 60_000);
  assert.equal((await fill(boxes[0])).ended, 'done');
  assert.equal((await fill(boxes[1])).ended, 'done');
  void fill(boxes[2]);
  // Whichever the kernel takes.
  const exit = await Promise.race(boxes.map(({ exited }) => exited));
  assert.deepEqual([exit.reason, exit.together], ['memory', 2048]);
  const other = await start({ ...python, owner: bob });
  assert.equal((await runCode(other, "print(len(b'x' * (64 << 20)))")).text, `${64 << 20}\n`);
  await Promise.all([...boxes, other].map((box) => box.kill()));
});

test('a box that is given keeps its own limit, its life and its time', async (context) => {
  const redis = await startRedis(sandbox);
  context.after(() => stopRedis(redis));
  const box = await start(python);
  await runCode(box, "kept = b'x' * (40 << 20)\nfor n in range(10 ** 6): pass");
  const earlier = await box.usage();
  await Promise.all([box.give(ada), redis.box.give(ada)]);
  assert.ok((await box.usage()).cpu >= earlier.cpu);
  assert.equal((await runCode(box, 'print(len(kept))')).text, `${40 << 20}\n`);
  assert.equal(await redis.learner.set('k', 'v'), 'OK');
  await box.freeze();
  await box.thaw();
  await assert.rejects(box.give(bob), { code: 'system' });
  // 40 of 128 MiB are taken: what was there before it was given is not given again.
  const more = await runCode(box, "more = b'x' * (100 << 20)", 60_000);
  assert.equal(more.ended, 'dead');
  const exit = await box.exited;
  assert.deepEqual([exit.reason, exit.together], ['memory', undefined]);
});

test('the group of a learner goes with the last box', async () => {
  const one = await start({ ...python, owner: ada });
  const two = await start(python);
  await two.give(ada);
  assert.ok(groupsOf(ada, one.uid).length > 0);
  await one.kill();
  assert.ok(groupsOf(ada, one.uid).length > 0);
  await two.kill();
  assert.deepEqual(groupsOf(ada, one.uid), []);
});

test('a box that has ended cannot be given', async () => {
  const box = await start(python);
  await box.kill();
  await assert.rejects(box.give(ada), { code: 'unknown-box' });
});

test('a process of a given box is nowhere else than its learner’s group', async () => {
  const box = await start(python);
  await box.give(ada);
  const [pid] = readFileSync(`${groupsOf(ada, box.uid)[0]}/${box.uid % 1000}/cgroup.procs`, 'utf8').split(
    '\n',
  );
  const places = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .filter((line) => line.includes('atelier-redis-'));
  assert.ok(places.length > 0);
  for (const place of places) assert.match(place, /\/learner-[0-9a-f]{32}\/\d+$/);
  await box.kill();
});
