/** The ACL of the server as it runs, against the list that somebody has read. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Redis } from 'ioredis';
import { startRedis, stopRedis, type RunningRedis } from './experiment.ts';
import type { Role } from './redis-acl.ts';
import { openSandbox, type Sandbox } from './run.ts';

const reviewed = new Map(
  readFileSync(join(import.meta.dirname, 'redis-acl.reviewed.txt'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
);

let sandbox: Sandbox;
const redis: Partial<Record<Role, RunningRedis>> = {};

before(async () => {
  sandbox = await openSandbox();
  for (const role of ['learner', 'grading'] as const) redis[role] = await startRedis(sandbox, { role });
});

after(async () => {
  for (const running of Object.values(redis)) await stopRedis(running);
  await sandbox.close();
});

/** A command as COMMAND describes it: name, arity, …, subcommands at 9. */
type Description = [name: string, arity: number, ...unknown[]];

/** The commands that are not mere containers, with enough arguments to pass the arity check. */
function leaves(description: Description): { name: string; words: string[] }[] {
  const subcommands = description[9];
  if (Array.isArray(subcommands) && subcommands.length > 0) {
    return subcommands.flatMap((subcommand: Description) => leaves(subcommand));
  }
  const [name, arity] = description;
  const words = name.split('|');
  while (words.length < Math.abs(arity)) words.push('1');
  return [{ name: name.toLowerCase(), words }];
}

async function mayRun(admin: Redis, words: string[]): Promise<boolean> {
  const answer = String(await admin.call('ACL', 'DRYRUN', 'default', ...words));
  if (answer === 'OK') return true;
  assert.match(answer, /permission/, words.join(' '));
  return false;
}

test('every command of the server was reviewed, and may be run by whom the review says', async () => {
  const commands = (await redis.learner!.admin.call('COMMAND')) as Description[];
  const found = new Map<string, string>();
  for (const { name, words } of commands.flatMap(leaves)) {
    const who: Role[] = [];
    for (const role of ['learner', 'grading'] as const) {
      if (await mayRun(redis[role]!.admin, words)) who.push(role);
    }
    found.set(name, who.join(' ') || 'nobody');
  }
  assert.ok(found.size > 500, `${found.size} commands`);
  const differing = [...new Set([...found.keys(), ...reviewed.keys()])]
    .filter((name) => found.get(name) !== reviewed.get(name))
    .map(
      (name) =>
        `${name}: reviewed for ${reviewed.get(name) ?? '(not reviewed)'}, server: ${found.get(name) ?? '(gone)'}`,
    );
  assert.deepEqual(differing, []);
});

const ways: [why: string, ...words: string[]][] = [
  ['writes files', 'CONFIG', 'SET', 'dir', '/tmp'],
  ['loads code', 'MODULE', 'LOAD', '/tmp/evil.so'],
  ['loads code', 'MODULE', 'LOADEX', '/tmp/evil.so'],
  ['becomes another’s replica', 'REPLICAOF', '127.0.0.1', '6379'],
  ['ends the server', 'SHUTDOWN', 'NOSAVE'],
  ['crashes it', 'DEBUG', 'SEGFAULT'],
  ['reads a hostile payload', 'RESTORE', 'k', '0', 'x'],
  ['opens connections', 'MIGRATE', '127.0.0.1', '1', 'k', '0', '1'],
  ['gives itself rights', 'ACL', 'SETUSER', 'default', '+@all'],
  ['reads hashes', 'ACL', 'GETUSER', 'admin'],
  ['reads a hostile payload', 'FUNCTION', 'RESTORE', 'x'],
  ['reads a hostile payload', 'BF.LOADCHUNK', 'k', '1', 'x'],
  ['stops everybody', 'CLIENT', 'PAUSE', '1000'],
  ['changes limits for all', 'FT.CONFIG', 'SET', 'TIMEOUT', '0'],
];

for (const [why, ...words] of ways) {
  test(`a learner’s ${words.slice(0, 2).join(' ')} is refused: ${why}`, async () => {
    const [command, ...rest] = words;
    await assert.rejects(redis.learner!.learner.call(command, ...rest), /NOPERM|not allowed/);
    assert.equal(await redis.learner!.learner.ping(), 'PONG');
  });
}

test('neither RESET nor AUTH as default gives more', async () => {
  const { learner } = redis.learner!;
  const other = learner.duplicate();
  await other.call('RESET');
  await other.call('AUTH', 'default', '');
  await assert.rejects(other.call('AUTH', 'admin', ''), /WRONGPASS/);
  await assert.rejects(other.call('CONFIG', 'SET', 'maxmemory', '0'), /NOPERM/);
  other.disconnect();
});

test('a script has the rights of the learner', async () => {
  const { learner } = redis.learner!;
  for (const call of [
    "'CONFIG','SET','maxmemory','0'",
    "'SHUTDOWN'",
    "'ACL','WHOAMI'",
    "'DEBUG','SLEEP','1'",
  ]) {
    await assert.rejects(learner.eval(`return redis.call(${call})`, 0), /ERR|NOPERM|not allowed/, call);
  }
  assert.equal(
    await learner
      .eval('return type(os.execute) .. type(io)', 0)
      .catch((error: Error) => error.message.split(' ')[0]),
    'ERR',
  );
});

test('lessons keep what they teach', async () => {
  const { learner } = redis.learner!;
  await learner.flushall();
  await learner.set('k', 'v');
  assert.deepEqual(await learner.keys('*'), ['k']);
  assert.match(await learner.info('memory'), /used_memory/);
  assert.deepEqual(await learner.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
  await learner.call('SLOWLOG', 'GET');
  await learner.call('LATENCY', 'LATEST');
  await learner.call('CLIENT', 'LIST');
});
