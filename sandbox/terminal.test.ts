/** redis-cli in a PTY in a box, by its frames. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { startRedis, stopRedis, type RunningRedis } from './experiment.ts';
import { openSandbox, type Box, type Sandbox, type TerminalFrame, type TerminalRequest } from './run.ts';

let sandbox: Sandbox;
let redis: RunningRedis;

before(async () => {
  sandbox = await openSandbox();
  redis = await startRedis(sandbox);
});

after(async () => {
  await stopRedis(redis);
  await sandbox.close();
});

/** A terminal whose 6379 is wired to the instance, as a host's tap would be. */
class Screen {
  text = '';
  ended = false;
  readonly #box: Box;
  #wake: () => void = () => {};

  private constructor(box: Box) {
    this.#box = box;
    box.listener!.on('connection', (socket) => {
      const upstream = connect(redis.box.redisSocket!);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    createInterface({ input: box.control }).on('line', (line) => {
      const frame: TerminalFrame = JSON.parse(line);
      if (frame.type === 'output') this.text += frame.data;
      else this.ended = true;
      this.#wake();
    });
  }

  static async open(): Promise<Screen> {
    const screen = new Screen(await sandbox.start({ program: 'terminal', memory: 128, disk: 4 }));
    screen.send({ type: 'resize', columns: 100, rows: 30 });
    await screen.until(() => screen.text.includes('127.0.0.1:6379> '));
    return screen;
  }

  send(request: TerminalRequest): void {
    this.#box.control.write(`${JSON.stringify(request)}\n`);
  }

  /** Types a text and waits until the screen shows something that was not there before. */
  async type(data: string, expected: RegExp): Promise<void> {
    const from = this.text.length;
    this.send({ type: 'input', data });
    await this.until(() => expected.test(this.text.slice(from)));
  }

  async until(condition: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(20_000);
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.onabort = () => reject(new Error(`the screen shows ${JSON.stringify(this.text.slice(-500))}`));
      });
    }
  }

  close(): Promise<unknown> {
    return this.#box.kill();
  }

  get exited(): Box['exited'] {
    return this.#box.exited;
  }
}

test('a command that is typed is answered by the instance', async (context) => {
  const screen = await Screen.open();
  context.after(() => screen.close());
  // What is typed before the next prompt is redis-cli's to lose.
  await screen.type('PING\r', /PONG[^]*127\.0\.0\.1:6379> /);
  await screen.type('SET vu "depuis le terminal"\r', /OK/);
  assert.equal(await redis.learner.get('vu'), 'depuis le terminal');
});

test('Ctrl-C leaves MONITOR and the terminal goes on', async (context) => {
  const screen = await Screen.open();
  context.after(() => screen.close());
  await screen.type('MONITOR\r', /OK/);
  await redis.learner.set('observé', '1');
  await screen.until(() => screen.text.includes('"set"'));
  await screen.type('\x03', /127\.0\.0\.1:6379> /);
  await screen.type('ECHO encore\r', /"encore"/);
});

test('quit ends the box, and it is said', async () => {
  const screen = await Screen.open();
  screen.send({ type: 'input', data: 'quit\r' });
  const exit = await screen.exited;
  assert.deepEqual(
    { ended: screen.ended, reason: exit.reason, code: exit.code },
    { ended: true, reason: 'ended', code: 0 },
  );
});

test('a size out of all proportion changes nothing', async (context) => {
  const screen = await Screen.open();
  context.after(() => screen.close());
  screen.send({ type: 'resize', columns: 1e9, rows: -4 });
  screen.send({ type: 'resize', columns: Number.NaN, rows: 30 });
  // What is typed before the next prompt is redis-cli's to lose.
  await screen.type('PING\r', /PONG[^]*127\.0\.0\.1:6379> /);
});
