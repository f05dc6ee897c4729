import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Database } from './database.ts';
import { ReliableCache } from './production.ts';
import { createCacheServer } from './server.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let database: Database;
let cache: ReliableCache;
let server: Server;
let address: string;

before(async () => {
  twin = await startTwin();
  database = await Database.open();
  cache = new ReliableCache(
    { url: twin.url, commandTimeoutMs: 300, owedEveryMs: 50 },
    {},
    pino({ level: 'silent' }),
  );
  await cache.ready();
  server = createCacheServer(cache, database).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${portOf(server)}`;
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await cache.shutdown(100);
  await database.close();
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

test('a sale changes the next answer', async () => {
  const first = await ask('/palmares/1/90');
  assert.deepEqual([first.status, first.headers.get('x-cache')], [200, 'computed']);
  assert.equal(((await first.json()) as unknown[]).length, 36);
  assert.equal((await ask('/palmares/1/90')).headers.get('x-cache'), 'fresh');
  assert.equal((await ask('/ventes/1/42', 'POST')).status, 204);
  assert.equal((await ask('/palmares/1/90')).headers.get('x-cache'), 'computed');
  assert.equal((await ask('/palmares/2/30')).headers.get('x-cache'), 'computed');
});

test('what is not foreseen makes no entry', async () => {
  for (const path of ['/palmares/99/90', '/palmares/1/91', '/palmares//90', '/rien']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('Redis frozen: the page is served, and a sale is not lost', async () => {
  await ask('/palmares/3/90');
  twin.freeze();
  try {
    assert.equal((await ask('/palmares/3/90')).headers.get('x-cache'), 'copy');
    const sale = await ask('/ventes/3/42', 'POST');
    assert.deepEqual([sale.status, sale.headers.get('x-cache')], [204, 'owed']);
    assert.equal((await ask('/palmares/3/90')).headers.get('x-cache'), 'bypass');
  } finally {
    twin.thaw();
  }
});

test('the program warms up, serves, and stops cleanly on SIGTERM', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = portOf(probe);
  probe.close();
  const child = spawn(process.execPath, [fileURLToPath(new URL('server.ts', import.meta.url))], {
    env: { ...process.env, REDIS_URL: twin.url, PORT: String(port) },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const visit = () => fetch(`http://127.0.0.1:${port}/palmares/6/90`);
  await until(() =>
    visit().then(
      (response) => response.ok,
      () => false,
    ),
  );
  assert.equal((await visit()).headers.get('x-cache'), 'fresh');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
