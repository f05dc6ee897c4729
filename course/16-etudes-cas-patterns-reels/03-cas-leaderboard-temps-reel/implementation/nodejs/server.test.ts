import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { ReliableLeaderboard } from './production.ts';
import { createLeaderboardServer } from './server.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let board: ReliableLeaderboard;
let server: Server;
let address: string;

before(async () => {
  twin = await startTwin();
  board = new ReliableLeaderboard({ url: twin.url, commandTimeoutMs: 200 }, pino({ level: 'silent' }));
  server = createLeaderboardServer(board).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${portOf(server)}`;
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await board.shutdown(100);
  await twin.stop();
});

function portOf(listening: NetServer): number {
  const found = listening.address();
  return typeof found === 'object' && found ? found.port : 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(20)) {
    assert.ok(Date.now() < end, 'the awaited condition never came');
  }
}

const ask = (path: string, method = 'GET') => fetch(`${address}${path}`, { method });

test('a score is ranked, and its player sees the neighbours', async () => {
  for (const [player, points] of [
    ['ines', 30],
    ['noah', 50],
  ] as const)
    assert.equal((await ask(`/score/${player}/${points}`, 'POST')).status, 200);
  const around = await (await ask('/joueur/ines')).json();
  assert.deepEqual(around, [
    { rank: 1, player: 'noah', points: 50 },
    { rank: 2, player: 'ines', points: 30 },
  ]);
});

test('a score that is none is refused, and no route but these exists', async () => {
  for (const points of ['-1', '1.5', 'beaucoup', '33554432'])
    assert.equal((await ask(`/score/ines/${points}`, 'POST')).status, 400, points);
  assert.equal((await ask('/score/ines/5')).status, 404);
});

test('Redis frozen: the top is served from a copy, a score is accepted for later, a rank is not invented', async () => {
  await ask('/top');
  twin.freeze();
  try {
    assert.equal(((await (await ask('/top')).json()) as { stale: boolean }).stale, true);
    assert.equal((await ask('/score/yuki/70', 'POST')).status, 202);
    const refused = await ask('/joueur/ines');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '2']);
  } finally {
    twin.thaw();
  }
  await until(async () => {
    const response = await ask('/joueur/yuki');
    return response.ok && ((await response.json()) as unknown[]).length > 0;
  });
});

test('the program stops cleanly on SIGTERM', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  const child = spawn(process.execPath, [fileURLToPath(new URL('server.ts', import.meta.url))], {
    env: { ...process.env, REDIS_URL: twin.url, PORT: String(port) },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await until(() =>
    fetch(`http://127.0.0.1:${port}/top`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
