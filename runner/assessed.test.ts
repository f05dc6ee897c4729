/** A private, assessed lab on a whole stack: what it takes, what it withholds, and what the server signs. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './commands/client.ts';
import { startStack, type Stack } from './commands/stack.ts';
import type { LabState } from './protocol.ts';
import { secretsOf } from './secrets.ts';
import { app } from './setup/places.mjs';

const lab = '99-01a-examen';
const hour = 3600 * 1000;
let room: string;
let stack: Stack;
let ada: Client;

before(async () => {
  room = mkdtempSync(join(tmpdir(), 'atelier-labs-'));
  chmodSync(room, 0o755);
  cpSync(join(app, 'labs/kit.ts'), join(room, 'kit.ts'));
  cpSync(join(app, 'labs/_modele'), join(room, lab), { recursive: true });
  const file = join(room, lab, 'lab.md');
  const due = new Date(Date.now() + hour).toISOString();
  const text = readFileSync(file, 'utf8')
    .replace('lesson: 16-05', 'lesson: 99-01')
    .replace(/^latency:.*$/m, `policy: { kind: assessed, due: '${due}', attempts: 2, hintCost: 3 }`);
  writeFileSync(file, text);
  stack = await startStack({ cellHosts: 1, environment: { ATELIER_LABS: room } });
  ada = await Client.connect(stack.address);
});

after(async () => {
  await ada?.close();
  await stack?.stop();
  rmSync(room, { recursive: true, force: true });
});

const state = async () => (await (await ada.get(`/api/labs/${lab}`)).json()) as LabState;
const code = (file: string) => readFileSync(join(room, lab, file), 'utf8');

async function handIn(file: string): Promise<{ attempt: string; class: string } | { refused: string }> {
  const from = ada.heard.length;
  ada.send({ type: 'verify', lab, language: 'typescript', code: code(file) });
  for (;;) {
    const found = ada.heard
      .slice(from)
      .find((message) => (message.type === 'verdict' && message.final) || message.type === 'refused');
    if (found?.type === 'verdict') return { attempt: found.attempt, class: found.verdict.class };
    if (found?.type === 'refused') return { refused: found.code };
    await new Promise((go) => setTimeout(go, 20));
  }
}

test('it is graded like any other, and the server signs its word with its own key', async () => {
  ada.send({ type: 'hint', lab, level: 1 });
  await ada.hear('hint');
  const handed = await handIn('attempts/correct-hash.ts');
  assert.ok('attempt' in handed && handed.class === 'passed', JSON.stringify(handed));
  const { report } = (await (await ada.get(`/api/attempts/${handed.attempt}/report`)).json()) as {
    report: string;
  };
  const [head, body, signature] = report.split('.');
  const jwk = (await (await fetch(`${stack.address}/api/reports/key`)).json()) as { kid: string };
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  assert.equal(JSON.parse(Buffer.from(head, 'base64url').toString()).kid, jwk.kid);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')));
  const verdict = (await state()).attempts[0].verdict!;
  assert.deepEqual(
    [claims.sub, claims.attempt, claims.class, claims.hints, claims.points],
    [ada.learner, handed.attempt, 'passed', 1, verdict.points - 3],
  );

  const asked = async (text: string) => (await fetch(`${stack.address}/api/reports/${text}`)).status;
  assert.equal(await asked(report), 200);
  const forged = Buffer.from(JSON.stringify({ ...claims, points: 1000 })).toString('base64url');
  assert.equal(await asked(`${head}.${forged}.${signature}`), 422);
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  assert.equal(await asked(`${none}.${body}.`), 422);

  const eve = await Client.connect(stack.address);
  assert.equal((await eve.get(`/api/attempts/${handed.attempt}/report`)).status, 404);
  await eve.close();
});

test('the solution waits for the due date even for who has passed, and attempts are counted', async () => {
  ada.send({ type: 'solution', lab, language: 'typescript' });
  assert.equal((await ada.hear('refused')).code, 'solution-after-due');
  const { attemptsLeft, solutionShown, hintCost } = await state();
  assert.deepEqual([attemptsLeft, solutionShown, hintCost], [1, false, 3]);
  const second = await handIn('attempts/mutant-memory.ts');
  assert.ok('class' in second && second.class === 'to-review', JSON.stringify(second));
  assert.deepEqual(await handIn('solution.ts'), { refused: 'no-attempt-left' });
});

test('nothing that was said held a check, the solution, or a hint that was not opened', async () => {
  const said = `${JSON.stringify(ada.heard)} ${await (await ada.get(`/api/labs/${lab}`)).text()}`;
  const given = [code('attempts/correct-hash.ts'), code('attempts/mutant-memory.ts')].join('\n');
  const secrets = secretsOf(join(room, lab)).filter((secret) => !given.includes(secret));
  assert.ok(secrets.length > 10);
  for (const secret of secrets)
    assert.ok(!said.includes(JSON.stringify(secret).slice(1, -1)), `a reply says « ${secret} »`);
});
