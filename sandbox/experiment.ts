/** What tests and attacks do with a box: run code in it and read what it prints, or start a Redis and reach it. */
import { Redis } from 'ioredis';
import { createInterface } from 'node:readline';
import {
  newAdminPassword,
  redisConfiguration,
  type Box,
  type CodeError,
  type KernelFrame,
  type RedisSetting,
  type Sandbox,
} from './run.ts';

/** What one cell did. `text` is all that it printed, both streams. */
export interface CellResult {
  ended: 'done' | 'failed' | 'dead' | 'late';
  text: string;
  error?: CodeError;
}

/** Runs code as one cell of a kernel's box; `dead` when the box ends first, `late` when it does not answer. */
export function runCode(box: Box, code: string, lateMs = 20_000): Promise<CellResult> {
  const { promise, resolve } = Promise.withResolvers<CellResult>();
  const id = `cell-${Math.random()}`;
  let text = '';
  const end = (ended: CellResult['ended'], error?: CodeError): void => {
    clearTimeout(late);
    lines.close();
    resolve({ ended, text, ...(error && { error }) });
  };
  const late = setTimeout(() => end('late'), lateMs);
  const lines = createInterface({ input: box.control });
  // A box that is killed resets its streams.
  lines.on('error', () => {});
  lines.on('line', (line) => {
    const frame: KernelFrame = JSON.parse(line);
    if (frame.type === 'ready' || !('id' in frame) || frame.id !== id) return;
    if (frame.type === 'output') text += frame.text;
    if (frame.type === 'done') end('done');
    if (frame.type === 'failed') end('failed', frame.error);
  });
  void box.exited.then(() => end('dead'));
  box.control.write(`${JSON.stringify({ type: 'run', id, code, name: 'cellule' })}\n`);
  return promise;
}

/** A Redis in a box, and two connections to it: the host's and a learner's. */
export interface RunningRedis {
  box: Box;
  admin: Redis;
  learner: Redis;
}

/** Starts a Redis with every module, answers once it has said PONG and its socket is sealed. */
export async function startRedis(
  sandbox: Sandbox,
  setting: Partial<RedisSetting> = {},
): Promise<RunningRedis> {
  const adminPassword = newAdminPassword();
  const box = await sandbox.start({ program: 'redis', memory: 256, disk: 8 });
  let log = '';
  for (const stream of [box.stdout, box.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const modules = [...sandbox.redisModules];
  const usual = {
    memory: 96,
    policy: 'noeviction',
    clients: 128,
    notify: '',
    slowlog: 10_000,
    role: 'learner',
  } as const;
  box.control.end(redisConfiguration({ ...usual, modules, adminPassword, ...setting }));
  const connect = (user: object): Redis => {
    const redis = new Redis({
      path: box.redisSocket!,
      retryStrategy: () => 5,
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      ...user,
    });
    redis.on('error', () => {});
    return redis;
  };
  const admin = connect({ username: 'admin', password: adminPassword });
  const died = box.exited.then((exit) => {
    throw new Error(`redis ended before it answered (${exit.reason}): ${log}`);
  });
  await Promise.race([admin.ping(), died]);
  died.catch(() => {});
  await box.seal();
  return { box, admin, learner: connect({ retryStrategy: () => null }) };
}

/** Closes both connections and kills the box. */
export async function stopRedis({ box, admin, learner }: RunningRedis): Promise<void> {
  admin.disconnect();
  learner.disconnect();
  await box.kill();
}
