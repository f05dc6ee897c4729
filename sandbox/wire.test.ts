import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJob, parseRequest } from './wire.ts';

const job = { program: 'redis', memory: 256, disk: 8 };

test('the launcher knows these shapes and hands on nothing else of a message', () => {
  assert.deepEqual(parseRequest({ op: 'hello', argv: ['sh'] }), { op: 'hello' });
  assert.deepEqual(parseRequest({ op: 'start', request: 1, job: { ...job, argv: ['sh'] }, uid: 0 }), {
    op: 'start',
    request: 1,
    job,
  });
  assert.deepEqual(parseRequest({ op: 'kill', request: 2, box: 'aa-01' }), {
    op: 'kill',
    request: 2,
    box: 'aa-01',
  });
  const owner = '0f'.repeat(16);
  assert.deepEqual(parseRequest({ op: 'give', request: 2, box: 'aa-01', owner, uid: 0 }), {
    op: 'give',
    request: 2,
    box: 'aa-01',
    owner,
  });
  assert.deepEqual(parseJob({ ...job, owner }), { ...job, owner });
  assert.deepEqual(parseRequest({ op: 'install', request: 3, drop: '0f' }), {
    op: 'install',
    request: 3,
    drop: '0f',
  });
});

test('anything else is refused', () => {
  const wrong: unknown[] = [
    null,
    'start',
    [],
    { op: 'start', request: 1 },
    { op: 'start', request: '1', job },
    { op: 'start', request: -1, job },
    { op: 'start', request: 1, job: { ...job, program: 'sh' } },
    { op: 'start', request: 1, job: { ...job, program: 'constructor' } },
    { op: 'exec', request: 1, box: 'aa' },
    { op: 'kill', request: 1, box: '../1' },
    { op: 'install', request: 1, drop: '../../etc/shadow' },
    { op: 'install', request: 1, drop: '.' },
    { op: 'give', request: 1, box: 'aa', owner: '..' },
    { op: 'give', request: 1, box: 'aa', owner: `../${'0'.repeat(29)}` },
    { op: 'start', request: 1, job: { ...job, owner: 'cgroup.procs' } },
  ];
  for (const message of wrong) assert.equal(parseRequest(message), null, JSON.stringify(message));
});

test('a job stays in its bounds', () => {
  for (const wrong of [
    { memory: 8 },
    { memory: 1e6 },
    { memory: 64.5 },
    { memory: Number.NaN },
    { disk: 0 },
    { disk: 4096 },
    { binary: 'a'.repeat(64) },
  ]) {
    assert.equal(parseJob({ ...job, ...wrong }), null, JSON.stringify(wrong));
  }
  const go = { program: 'go', memory: 64, disk: 8 };
  assert.equal(parseJob(go), null);
  assert.equal(parseJob({ ...go, binary: '../'.repeat(22) }), null);
  assert.ok(parseJob({ ...go, binary: '0'.repeat(64) }));
});
