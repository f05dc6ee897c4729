/** A server, and then its launcher, killed with kill -9 at any moment, twenty times: nothing of the former life is left, and nothing that was saved is lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../commands/client.ts';
import { startStack, type Stack } from '../commands/stack.ts';
import type { Health } from '../protocol.ts';
import { lastingTraces, lives, livesBelow, type Life } from './traces.ts';

const kills = 20;
const count =
  "import { Redis } from 'ioredis'; const redis = new Redis(); console.log(await redis.incr('visits'))";

/** Polls until a condition holds. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 60_000; !(await condition()); await delay(50)) {
    assert.ok(Date.now() < end, what);
  }
}

async function healthy({ address }: Stack): Promise<void> {
  await until(
    () =>
      fetch(`${address}/healthz`).then(
        async (response) => ((await response.json()) as Health).status === 'ok',
        () => false,
      ),
    'the server does not come back',
  );
}

function serverOf(stack: Stack): number {
  const children = readFileSync(`/proc/${stack.launcher.pid}/task/${stack.launcher.pid}/children`, 'utf8');
  const found = children
    .trim()
    .split(' ')
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('runner/server.ts'));
  assert.ok(found, 'no server');
  return Number(found);
}

async function visits(client: Client, cell: string): Promise<number> {
  client.send({ type: 'run', lesson: 'libre', cell, language: 'typescript', code: count });
  const ended = await client.hear('ended', (message) => message.cell === cell);
  assert.equal(ended.report.outcome.class, 'done', JSON.stringify(ended.report.outcome));
  const output = client.heard.find((message) => message.type === 'output' && message.cell === cell);
  return Number(output?.type === 'output' && output.text);
}

test('kill -9 of the server, then of the launcher, at any moment', async (context) => {
  const before = new Set(lastingTraces());
  const former = new Set<Life>();
  const data = mkdtempSync(join(tmpdir(), 'endurance-'));
  const start = () => startStack({ data, cellHosts: 1, environment: { ATELIER_LOG: 'error' } });
  let stack = await start();
  context.after(async () => {
    await stack.stop();
    rmSync(data, { recursive: true, force: true });
  });
  let client = await Client.connect(stack.address);
  const { cookie } = client;
  let known = 0;
  for (let round = 0; round < kills; round++) {
    const seen = await visits(client, `seen-${round}`);
    assert.ok(seen > known, `${seen} visits after ${known}: a saved state was lost`);
    known = seen;
    // Something always runs when it is killed, at another point each time.
    client.send({ type: 'run', lesson: 'libre', cell: `cut-${round}`, language: 'typescript', code: count });
    client.socket.on('error', () => {});
    await delay((round * 37) % 400);
    for (const life of livesBelow(stack.launcher.pid!)) former.add(life);
    if (round % 5 === 4) {
      stack.launcher.kill('SIGKILL');
      // What a launcher that is killed has not saved is the time since a session slept: none may be claimed.
      known = 0;
      await until(() => ![...former].some(lives), 'boxes outlive their launcher');
      stack = await start();
    } else {
      process.kill(serverOf(stack), 'SIGKILL');
      await healthy(stack);
    }
    client = await Client.connect(stack.address, cookie);
  }
  await client.close();
  for (const life of livesBelow(stack.launcher.pid!)) former.add(life);
  await stack.stop();
  await until(() => ![...former].some(lives), 'processes are left');
  const left = () => lastingTraces().filter((trace) => !before.has(trace));
  await until(() => left().length === 0, `left: ${left().join(', ')}`);
});
