import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queue, type QueueLimits } from './queue.ts';

function scene(limits: QueueLimits) {
  const queue = new Queue(limits);
  const started: string[] = [];
  const places = new Map<string, number>();
  const enter = (id: string, learner: string, over: { key?: string; ready?: () => boolean } = {}) =>
    queue.enter({
      id,
      learner,
      key: over.key ?? id,
      ...(over.ready && { ready: over.ready }),
      start: () => started.push(id),
      moved: (place) => places.set(id, place),
    });
  return { queue, started, places, enter };
}

test('learners are served in turn: a hundred runs do not make one run wait', () => {
  const { queue, started, enter } = scene({ running: 1, perLearner: 1, waiting: 200 });
  for (let n = 0; n < 100; n += 1) enter(`vandal-${n}`, 'vandal');
  enter('ada-1', 'ada');
  enter('ada-2', 'ada');
  enter('bob-1', 'bob');
  for (let n = 0; n < 5; n += 1) queue.done(started.at(-1)!);
  assert.deepEqual(started, ['vandal-0', 'vandal-1', 'ada-1', 'bob-1', 'vandal-2', 'ada-2']);
});

test('each who waits is told how many go before', () => {
  const { queue, places, enter } = scene({ running: 1, perLearner: 1, waiting: 9 });
  for (const id of ['a1', 'a2', 'a3']) enter(id, 'ada');
  enter('b1', 'bob');
  assert.deepEqual(Object.fromEntries(places), { a2: 1, a3: 3, b1: 2 });
  queue.done('a1');
  assert.deepEqual([places.get('b1'), places.get('a3')], [1, 2]);
  assert.equal(queue.leave('b1'), true);
  assert.equal(queue.leave('b1'), false);
  assert.equal(places.get('a3'), 1);
});

test('a kernel runs one cell at a time, in the order asked', () => {
  const { queue, started, enter } = scene({ running: 8, perLearner: 8, waiting: 9 });
  enter('ts-1', 'ada', { key: 'ts' });
  enter('ts-2', 'ada', { key: 'ts' });
  enter('ts-3', 'ada', { key: 'ts' });
  enter('py-1', 'ada', { key: 'py' });
  assert.deepEqual(started, ['ts-1', 'py-1']);
  queue.done('ts-1');
  assert.deepEqual(started, ['ts-1', 'py-1', 'ts-2']);
});

test('the limits hold: in all, of one learner, and waiting', () => {
  const { queue, started, enter } = scene({ running: 3, perLearner: 2, waiting: 1 });
  assert.deepEqual(
    ['a1', 'a2', 'a3', 'a4'].map((id) => enter(id, 'ada')),
    [true, true, true, false],
  );
  enter('b1', 'bob');
  enter('c1', 'cleo');
  assert.deepEqual(started, ['a1', 'a2', 'b1']);
  assert.deepEqual([queue.running, queue.waiting], [3, 2]);
});

test('what is not ready lets the others pass, and starts when there is room', () => {
  const { queue, started, enter } = scene({ running: 4, perLearner: 4, waiting: 9 });
  let room = false;
  enter('a1', 'ada', { ready: () => room });
  enter('b1', 'bob');
  assert.deepEqual(started, ['b1']);
  room = true;
  queue.serve();
  assert.deepEqual(started, ['b1', 'a1']);
});
