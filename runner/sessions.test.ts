/** Who gives a place to whom, decided without a host: what is sent to one is only written down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from './config.ts';
import type { HostRequest, LessonNeeds, TopologyKind } from './host/protocol.ts';
import type { Hosts } from './hosts.ts';
import { needs } from './lessons.ts';
import { Sessions, type Session } from './sessions.ts';

const minute = 60_000;

function open(topologies = 2) {
  const sent: HostRequest[] = [];
  const ended: string[] = [];
  const host = { uses: 0, send: (request: HostRequest) => sent.push(request) };
  const hosts = { of: () => [host] } as unknown as Hosts;
  const limits = { ...defaultLimits(2), topologies, topologyIdleMs: 3 * minute };
  const sessions = new Sessions(hosts, limits, (session, why) => {
    ended.push(`${session.learner} ${session.topology ?? 'own'} ${why}`);
  });
  return { sessions, sent, ended };
}

function lesson(topology?: TopologyKind, name = '16-05'): LessonNeeds {
  return { lesson: name, ...needs.parse({}), seed: '', ...(topology && { topology }) };
}

function opened(session: Session | string): Session {
  if (typeof session === 'string') throw new Error(`refused: ${session}`);
  return session;
}

test('cells of one topology share it, apart from the lesson’s own instance', () => {
  const { sessions, sent } = open();
  const own = opened(sessions.open('ada', lesson()));
  const nodes = opened(sessions.open('ada', lesson('sentinel')));
  assert.notEqual(own.id, nodes.id);
  assert.equal(sessions.open('ada', lesson('sentinel')), nodes);
  assert.equal(sessions.find('ada', '16-05'), own);
  assert.equal(sessions.find('ada', '16-05', 'sentinel'), nodes);
  const states = sent.map((request) => request.type === 'open' && request.state);
  assert.ok(states[0]);
  assert.equal(states[1], undefined, 'nothing of a topology is kept');
});

test('a learner has one topology: another closes the first, unless it runs', () => {
  const { sessions, ended } = open();
  const first = opened(sessions.open('ada', lesson('sentinel')));
  first.runs = 1;
  assert.equal(sessions.hasRoom('ada', lesson('cluster')), false);
  assert.equal(sessions.refuses('ada', lesson('cluster')), false, 'it waits for its own');
  first.runs = 0;
  assert.equal(sessions.hasRoom('ada', lesson('cluster')), true);
  opened(sessions.open('ada', lesson('cluster')));
  assert.deepEqual(ended, ['ada sentinel yielded']);
});

test('beyond what the server can hold a topology is refused, until one is left alone', () => {
  const { sessions, ended } = open(1);
  const first = opened(sessions.open('ada', lesson('replica')));
  assert.equal(sessions.refuses('bob', lesson('replica')), true);
  assert.equal(sessions.refuses('bob', lesson()), false, 'an instance is no topology');
  assert.equal(sessions.open('bob', lesson('replica')), 'topologies-full');
  first.usedAt -= 2 * minute;
  assert.equal(sessions.refuses('bob', lesson('replica')), false);
  opened(sessions.open('bob', lesson('replica')));
  assert.deepEqual(ended, ['ada replica yielded']);
});

test('a topology is closed when it is idle, and with its lesson', () => {
  const { sessions, ended } = open();
  const own = opened(sessions.open('ada', lesson()));
  const nodes = opened(sessions.open('ada', lesson('regions')));
  sessions.closeIdle(nodes.usedAt + 4 * minute);
  assert.deepEqual(ended.splice(0), ['ada regions idle']);
  const again = opened(sessions.open('ada', lesson('regions')));
  opened(sessions.open('bob', lesson('regions')));
  again.usedAt += 60 * minute;
  own.usedAt -= 60 * minute;
  sessions.closeIdle(again.usedAt - 60 * minute);
  assert.deepEqual(ended, ['ada own idle', 'ada regions idle']);
});
