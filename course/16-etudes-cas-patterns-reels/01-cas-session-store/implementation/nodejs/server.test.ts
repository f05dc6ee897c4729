import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { ReliableSessions } from './production.ts';
import { createSessionServer } from './server.ts';
import { startTwin, type Twin } from './twin.ts';

let twin: Twin;
let sessions: ReliableSessions;
let server: Server;
let address: string;

before(async () => {
  twin = await startTwin();
  sessions = new ReliableSessions({ url: twin.url, commandTimeoutMs: 200 }, {}, pino({ level: 'silent' }));
  server = createSessionServer(sessions).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${portOf(server)}`;
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await sessions.shutdown(100);
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

const ask = (path: string, cookie = '', method = 'GET') =>
  fetch(`${address}${path}`, { method, headers: cookie ? { cookie } : {} });
const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

test('a visitor is given a cookie that scripts cannot read and other sites cannot send', async () => {
  const response = await ask('/');
  const cookie = response.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^__Host-session=a-[\w-]+\.[\w-]{22}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  const again = await ask('/', cookieOf(response));
  assert.equal(again.headers.get('set-cookie'), null);
});

test('logging in changes the cookie, keeps the cart, and the old cookie is a stranger again', async () => {
  const anonymous = cookieOf(await ask('/'));
  assert.equal(await (await ask('/panier/livre-0142', anonymous, 'POST')).json(), 1);
  const login = await ask('/connexion/camille', anonymous, 'POST');
  assert.equal(login.status, 204);
  const known = cookieOf(login);
  const { session } = (await (await ask('/', known)).json()) as { session: { user: string; cart: object } };
  assert.deepEqual([session.user, session.cart], ['camille', { 'livre-0142': 1 }]);
  assert.notEqual(cookieOf(await ask('/', anonymous)), '');
  assert.equal(await (await ask('/deconnexion-partout', known, 'POST')).json(), 1);
  assert.notEqual(cookieOf(await ask('/', known)), '');
});

test('a field that is not a name is refused, and no route but these exists', async () => {
  const cookie = cookieOf(await ask('/'));
  assert.equal((await ask('/panier/*', cookie, 'POST')).status, 400);
  assert.equal((await ask('/roles/libraire', cookie, 'POST')).status, 404);
});

test('Redis frozen: known visitors read, nobody writes, strangers are told when to come back', async () => {
  const cookie = cookieOf(await ask('/'));
  await ask('/', cookie);
  twin.freeze();
  try {
    const read = await ask('/', cookie);
    assert.equal(((await read.json()) as { stale: boolean }).stale, true);
    assert.equal((await ask('/panier/livre-1', cookie, 'POST')).status, 503);
    const stranger = await ask('/');
    assert.deepEqual([stranger.status, stranger.headers.get('retry-after')], [503, '2']);
  } finally {
    twin.thaw();
  }
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
    fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
