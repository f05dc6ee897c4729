import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { KernelPool } from '../kernel/pool.ts';
import { resp, Rig, waitFor, type RiggedTap } from '../rig.ts';
import type { Fault, Refusal } from './fault.ts';

let rig: Rig;
let one: RiggedTap;
before(async () => {
  rig = await Rig.open();
  one = await rig.tap();
});
after(() => rig.close());
beforeEach(async () => {
  one.tap.fault = null;
  await rig.instance.admin.flushall();
});

/** Says how a command of the learner's ended: its reply, or its error. */
async function ending(command: Promise<unknown>): Promise<string> {
  return command.then(String, (error: Error) => error.message);
}

test('a cut before the command: the server has not seen it', async () => {
  one.tap.fault = { kind: 'cut', when: 'before', at: 2, times: 1 };
  const client = await rig.client(one.port);
  assert.equal(await client.incr('n'), 1);
  assert.match(await ending(client.incr('n')), /closed/);
  assert.equal(await rig.instance.admin.get('n'), '1');
  const again = await rig.client(one.port);
  assert.equal(await again.incr('n'), 2);
});

test('a cut after the command: the server has executed it, its client cannot know', async () => {
  one.tap.fault = { kind: 'cut', when: 'after', at: 2, times: 2 };
  const client = await rig.client(one.port);
  assert.equal(await client.incr('n'), 1);
  assert.match(await ending(client.incr('n')), /closed/);
  assert.equal(await rig.instance.admin.get('n'), '2');
  const again = await rig.client(one.port);
  assert.match(await ending(again.incr('n')), /closed/);
  assert.equal(await rig.instance.admin.get('n'), '3');
  const last = await rig.client(one.port);
  assert.equal(await last.incr('n'), 4);
});

test('a client that tries again after a cut writes twice', async () => {
  one.tap.fault = { kind: 'cut', when: 'after', at: 1, times: 1 };
  const client = await rig.client(one.port, { retryStrategy: () => 1, maxRetriesPerRequest: 5 });
  assert.equal(await client.incr('n'), 2);
});

test('half a reply, then the end', async () => {
  await rig.instance.admin.set('k', 'x'.repeat(1000));
  await rig.instance.admin.set('big', 'x'.repeat(1_000_000));
  for (const [key, least] of [
    ['k', 400],
    ['big', 400],
  ] as const) {
    one.tap.fault = { kind: 'cut', when: 'half-reply', at: 1, times: 1 };
    const wire = await rig.wire(one.port);
    wire.write(resp('GET', key));
    await waitFor(() => wire.ended);
    const size = key === 'k' ? 1009 : 1_000_012;
    assert.ok(wire.received.length > least && wire.received.length < size, `${wire.received.length}`);
    assert.match(wire.received.toString('latin1', 0, 20), /^\$\d+\r\nx/);
  }
});

test('the handshake of a client never counts', async () => {
  one.tap.fault = { kind: 'cut', when: 'before', at: 1, times: 1 };
  const client = await rig.client(one.port);
  assert.equal(await client.ping(), 'PONG');
  assert.equal(await client.echo('x'), 'x');
  assert.match(await ending(client.get('k')), /closed/);
});

test('refused connections are refused by the kernel, as often as one likes, and those that were there are ended', async () => {
  // A port that was asked for is kept while it is shut, one that was given at random is not.
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const listener = createServer().listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const { tap } = await rig.tap();
  tap.serve(listener);
  for (let time = 0; time < 3; time++) {
    const client = await rig.client(port);
    assert.equal(await client.ping(), 'PONG');
    await tap.strike({ kind: 'refuse' });
    await waitFor(() => client.status === 'end');
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
    await tap.strike(null);
  }
  const again = await rig.client(port);
  assert.equal(await again.ping(), 'PONG');
});

/** What a connection to the box's own Redis port comes to. */
const knocks = {
  typescript: `import { connect } from 'node:net';
export const knock = () => new Promise((told) => {
  const socket = connect(6379, '127.0.0.1', () => { socket.destroy(); told('in'); });
  socket.on('error', (error: NodeJS.ErrnoException) => told(error.code));
});`,
  python: `import errno, socket
def knock():
    try:
        socket.create_connection(('127.0.0.1', 6379)).close()
        return 'in'
    except OSError as error:
        return errno.errorcode[error.errno]`,
} as const;

test('in a box too, whatever the language', async () => {
  const kernels = new KernelPool(rig.sandbox);
  try {
    for (const language of ['typescript', 'python'] as const) {
      const kernel = await kernels.claim(language, { memory: 256, disk: 16 });
      const { tap } = await rig.tap();
      kernel.attach((listener) => tap.serve(listener));
      assert.equal((await kernel.load(knocks[language], 'réponse', 60_000)).class, 'loaded');
      const knock = async () => {
        const end = await kernel.call('knock', [], 60_000);
        return end.class === 'result' ? end.value : end;
      };
      assert.equal(await knock(), 'in');
      await tap.strike({ kind: 'refuse' });
      assert.equal(await knock(), 'ECONNREFUSED');
      await tap.strike(null);
      assert.equal(await knock(), 'in');
      await kernel.kill();
    }
  } finally {
    await kernels.close();
  }
});

test('until its doors are shut, a tap that refuses resets', async () => {
  const client = await rig.client(one.port);
  one.tap.fault = { kind: 'refuse' };
  await waitFor(() => client.status === 'end');
  await assert.rejects(async () => {
    const wire = await rig.wire(one.port);
    await waitFor(() => wire.ended);
    throw wire.error;
  }, /ECONNRESET/);
  one.tap.fault = null;
  const again = await rig.client(one.port);
  assert.equal(await again.ping(), 'PONG');
});

test('a stall keeps everything from the server, and gives it all when it ends', async () => {
  one.tap.fault = { kind: 'stall', at: 2, ms: null };
  const client = await rig.client(one.port);
  const other = await rig.client(one.port);
  assert.equal(await client.incr('n'), 1);
  const late = [client.incr('n'), client.incr('n'), other.incr('n'), other.ping()];
  await waitFor(() => one.tap.outstanding >= 2);
  assert.equal(await rig.instance.admin.get('n'), '1');
  one.tap.fault = null;
  await Promise.all(late);
  assert.equal(await rig.instance.admin.get('n'), '4');
});

test('a stall of so many milliseconds ends by itself', async () => {
  one.tap.fault = { kind: 'stall', at: 1, ms: 50 };
  const client = await rig.client(one.port);
  const began = performance.now();
  assert.equal(await client.incr('n'), 1);
  assert.ok(performance.now() - began >= 45);
  assert.equal(await client.incr('n'), 2);
});

test('a client that waits less than the stall gives up, and its command is executed all the same', async () => {
  one.tap.fault = { kind: 'stall', at: 1, ms: null };
  const client = await rig.client(one.port, { commandTimeout: 30 });
  assert.match(await ending(client.incr('n')), /timed out/i);
  one.tap.fault = null;
  await waitFor(async () => (await rig.instance.admin.get('n')) === '1');
});

const refused: [Refusal, refusedCommands: string[][], allowedCommands: string[][]][] = [
  [
    'READONLY',
    [
      ['SET', 'a', '1'],
      ['DEL', 'a'],
      ['EVAL', 'return 1', '0'],
    ],
    [['GET', 'a'], ['PING']],
  ],
  [
    'OOM',
    [
      ['SET', 'a', '1'],
      ['LPUSH', 'l', '1'],
    ],
    [
      ['GET', 'a'],
      ['DEL', 'a'],
      ['EXPIRE', 'a', '1'],
    ],
  ],
  [
    'LOADING',
    [
      ['SET', 'a', '1'],
      ['GET', 'a'],
    ],
    [['CLIENT', 'SETNAME', 'x'], ['INFO']],
  ],
  ['NOAUTH', [['GET', 'a'], ['PING'], ['CLIENT', 'SETNAME', 'x']], [['HELLO', '2']]],
  [
    'BUSY',
    [
      ['GET', 'a'],
      ['SET', 'a', '1'],
    ],
    [['HELLO', '2']],
  ],
];

for (const [refusal, refusedCommands, allowedCommands] of refused) {
  test(`${refusal} is answered to what a server in that state refuses, and to nothing else`, async () => {
    const wire = await rig.wire(one.port);
    one.tap.fault = { kind: 'answer', refusal, at: 1, times: null };
    for (const command of refusedCommands) {
      wire.write(resp(...command));
      assert.match(await wire.until('\r\n'), new RegExp(`^-${refusal} `), command.join(' '));
    }
    one.tap.fault = { kind: 'answer', refusal, at: 1, times: null };
    for (const command of allowedCommands) wire.write(resp(...command));
    one.tap.fault = null;
    wire.write(resp('ECHO', 'end'));
    assert.doesNotMatch(await wire.until('end\r\n'), new RegExp(`-${refusal}`));
    assert.equal(await rig.instance.admin.get('a'), null);
  });
}

test('an answer of the tap keeps its place among those of the server', async () => {
  one.tap.fault = { kind: 'answer', refusal: 'OOM', at: 2, times: 2 };
  const wire = await rig.wire(one.port);
  wire.write(
    Buffer.concat(
      ['a', 'b', 'c', 'd'].map((key) => resp('INCR', key)).concat(resp('MGET', 'a', 'b', 'c', 'd')),
    ),
  );
  const seen = await wire.until('d'.repeat(0) + '$1\r\n1\r\n$-1\r\n$-1\r\n$1\r\n1\r\n');
  assert.match(seen, /^:1\r\n-OOM [^\r]+\r\n-OOM [^\r]+\r\n:1\r\n\*4/);
});

test('a command refused inside a transaction aborts it, as the server would', async () => {
  const client = await rig.client(one.port);
  one.tap.fault = { kind: 'answer', refusal: 'OOM', at: 2, times: 1 };
  const transaction = client.multi().set('a', 1).set('b', 2).set('c', 3).exec();
  assert.match(await ending(transaction), /EXECABORT/);
  assert.deepEqual(await client.mget('a', 'b', 'c'), [null, null, null]);
  assert.deepEqual(await client.multi().set('a', 1).get('a').exec(), [
    [null, 'OK'],
    [null, '1'],
  ]);
});

test('an EXEC that is refused leaves no transaction behind', async () => {
  const wire = await rig.wire(one.port);
  wire.write(Buffer.concat([resp('MULTI'), resp('SET', 'a', 1)]));
  await wire.until('QUEUED\r\n');
  one.tap.fault = { kind: 'answer', refusal: 'BUSY', at: 1, times: 1 };
  wire.write(Buffer.concat([resp('EXEC'), resp('SET', 'b', 1)]));
  const seen = await wire.until('+OK\r\n');
  assert.match(seen, /^-EXECABORT Transaction discarded because of: BUSY/);
  assert.equal(await rig.instance.admin.get('a'), null);
});

test('a fault set while a large command is on its way lets it pass whole', async () => {
  const wire = await rig.wire(one.port);
  const command = resp('SET', 'large', 'v'.repeat(3_000_000));
  wire.write(command.subarray(0, 1_000_000));
  await waitFor(() => wire.socket.writableLength === 0);
  one.tap.fault = { kind: 'answer', refusal: 'OOM', at: 1, times: null };
  wire.write(command.subarray(1_000_000));
  const reply = await wire.until('\r\n');
  assert.ok(reply === '+OK\r\n' || reply.startsWith('-OOM'), reply);
  wire.write(resp('STRLEN', 'large'));
  assert.equal(await wire.until('\r\n'), reply === '+OK\r\n' ? ':3000000\r\n' : ':0\r\n');
});

test('a large command is refused without any of it reaching the server', async () => {
  const wire = await rig.wire(one.port);
  one.tap.fault = { kind: 'answer', refusal: 'OOM', at: 1, times: 1 };
  wire.write(Buffer.concat([resp('SET', 'large', 'v'.repeat(3_000_000)), resp('SET', 'small', 1)]));
  assert.match(await wire.until('+OK\r\n'), /^-OOM [^\r]+\r\n\+OK\r\n$/);
  assert.equal(await rig.instance.admin.exists('large'), 0);
});

test('a name cut into single bytes is still decided upon', async () => {
  const fault: Fault = { kind: 'answer', refusal: 'READONLY', at: 1, times: null };
  one.tap.fault = fault;
  const wire = await rig.wire(one.port);
  wire.socket.setNoDelay(true);
  for (const byte of Buffer.concat([
    resp('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM'),
    resp('get', 'a'),
    Buffer.from('SET a 1\r\n'),
  ])) {
    wire.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  assert.match(await wire.until("-READONLY You can't write against a read only replica.\r\n"), /^-READONLY/);
  assert.match(await wire.until('replica.\r\n'), /^\$-1\r\n-READONLY/);
});
