/** What the server does while a grading host measures one answer after the other; the host is played here. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { defaultLimits } from './config.ts';
import { Gradings } from './gradings.ts';
import type { HostRequest, Verdict } from './host/protocol.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Lab } from './labs.ts';
import type { Pages } from './pages.ts';
import type { ServerMessage } from './protocol.ts';
import type { Store } from './store/store.ts';

const GRADING_MS = 1000;
const lab = { id: 'a', latency: true, messages: {} } as unknown as Lab;
const known = { class: 'passed', checks: [], phases: {} } as unknown as Verdict;

test('the wait for the measure of others is told, and is not of an answer’s own time', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const asked: HostRequest[] = [];
    const told: ServerMessage[] = [];
    const host = { uses: 0, send: (request: HostRequest) => asked.push(request) } as unknown as Host;
    const gradings = new Gradings(
      { ...defaultLimits(), gradingMs: GRADING_MS },
      { of: () => [host] } as unknown as Hosts,
      new Map([[lab.id, lab]]),
      {
        tell: (_learner: string, _lab: string, message: ServerMessage) => told.push(message),
      } as unknown as Pages,
      { attempts: { add: async () => {}, judge: async () => {} } } as unknown as Store,
      { graded: () => {}, failed: (error) => assert.fail(String(error)) },
    );
    assert.equal(await gradings.verify('ada', lab, 'typescript', ''), null);
    const attempt = asked.flatMap((request) => (request.type === 'grade' ? [request.attempt] : []))[0];
    const cancelled = () => asked.some(({ type }) => type === 'cancel');
    gradings.event(host, { type: 'verdict', attempt, verdict: known, final: false });
    for (const place of [2, 1]) {
      gradings.event(host, { type: 'timing', attempt, place });
      assert.deepEqual(told.at(-1), { type: 'timing', lab: 'a', attempt, place });
      assert.deepEqual(gradings.replay('ada', 'a').at(-1), { type: 'timing', lab: 'a', attempt, place });
      // As long as each of those before it may take.
      mock.timers.tick(place * GRADING_MS);
      assert.ok(!cancelled());
    }
    gradings.event(host, { type: 'timing', attempt, place: 0 });
    assert.equal(gradings.replay('ada', 'a').length, 1);
    mock.timers.tick(GRADING_MS - 1);
    assert.ok(!cancelled());
    mock.timers.tick(1);
    assert.ok(cancelled());
    gradings.close();
  } finally {
    mock.timers.reset();
  }
});
