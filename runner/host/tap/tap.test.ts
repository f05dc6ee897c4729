import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { resp, Rig, waitFor, type RiggedTap, type Wire } from '../rig.ts';

let rig: Rig;
let one: RiggedTap;
before(async () => {
  rig = await Rig.open({ notify: 'KEA' });
  one = await rig.tap();
});
after(() => rig.close());
beforeEach(() => rig.instance.admin.flushall());

/** Says the same to the server directly and through the tap; the answers must be the same bytes. */
async function sameBytes(said: Buffer, end: string, protocol = 2): Promise<string> {
  const answers: string[] = [];
  for (const place of [rig.instance.socket, one.port]) {
    await rig.instance.admin.flushall();
    const wire = await rig.wire(place);
    wire.write(resp('HELLO', protocol));
    await wire.until('modules');
    wire.write(resp('ECHO', 'begin'));
    await wire.until('begin\r\n');
    wire.write(said);
    wire.write(resp('ECHO', end));
    answers.push(await wire.until(`${end}\r\n`));
    wire.socket.destroy();
  }
  assert.ok(answers[1] === answers[0], `${answers[1].slice(0, 2000)} is not ${answers[0].slice(0, 2000)}`);
  return answers[0];
}

for (const protocol of [2, 3]) {
  test(`a conversation in RESP${protocol} passes unchanged`, async () => {
    const big = Buffer.alloc(3_000_000, 'x\r\n$5\r\n*3\r\n');
    const said = Buffer.concat([
      resp('SET', 'k', Buffer.from([0, 255, 13, 10, 36])),
      resp('GET', 'k'),
      resp('GET', 'none'),
      resp('INCR', 'k'),
      resp('NOSUCH', 'a'),
      resp('HSET', 'h', 'f', 1, 'g', 2),
      resp('HGETALL', 'h'),
      resp('SADD', 's', 1),
      resp('SMEMBERS', 's'),
      resp('ZADD', 'z', 1.5, 'm'),
      resp('ZSCORE', 'z', 'm'),
      resp('ZRANGE', 'z', 0, -1, 'WITHSCORES'),
      resp('MULTI'),
      resp('INCR', 'n'),
      resp('LPUSH', 'k', 1),
      resp('EXEC'),
      resp('EVAL', 'return {1,{2,{3,{}}},redis.error_reply("x"),false}', 0),
      resp('SET', 'big', big),
      resp('GET', 'big'),
      resp('JSON.SET', 'j', '$', '{"a":[1,2.5,null]}'),
      resp('JSON.GET', 'j', '$.a'),
      resp('FT.CREATE', 'i', 'SCHEMA', 't', 'TEXT'),
      resp('FT.SEARCH', 'i', '*'),
      resp('TS.ADD', 't', 1, 2),
      resp('TS.RANGE', 't', '-', '+'),
      resp('FT.DROPINDEX', 'i'),
      Buffer.from('PING inline\r\n\r\nSET "a b" c\r\n'),
      resp('GET', 'a b'),
      Buffer.from('*0\r\n'),
      resp('WATCH', 'k'),
      resp('MULTI'),
      resp('DISCARD'),
    ]);
    const answer = await sameBytes(said, `end-${protocol}`, protocol);
    assert.ok(answer.length > 3_000_000);
  });
}

test('one byte at a time is one command', async () => {
  const recording = one.tap.record();
  const wire = await rig.wire(one.port);
  wire.socket.setNoDelay(true);
  for (const byte of resp('SET', 'slow', 'v')) {
    wire.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  await wire.until('+OK\r\n');
  const trace = recording.end();
  assert.deepEqual(
    trace.list.map(({ name, keys, reply }) => ({ name, keys, reply })),
    [{ name: 'SET', keys: ['slow'], reply: 'OK' }],
  );
});

test('commands after CLIENT REPLY OFF and SKIP have no reply, and none is taken from another', async () => {
  const recording = one.tap.record();
  const said = Buffer.concat([
    resp('CLIENT', 'REPLY', 'SKIP'),
    resp('SET', 'a', 1),
    resp('INCR', 'a'),
    resp('CLIENT', 'REPLY', 'OFF'),
    resp('INCR', 'a'),
    resp('INCR', 'a'),
    resp('CLIENT', 'REPLY', 'ON'),
    resp('INCR', 'a'),
    resp('CLIENT', 'REPLY', 'OFF'),
    resp('SET', 'b', 1),
    resp('RESET'),
    resp('GET', 'a'),
  ]);
  const answer = await sameBytes(said, 'end-of-silence');
  assert.ok(answer.startsWith(':2\r\n+OK\r\n:5\r\n+RESET\r\n$1\r\n5\r\n'), answer);
  const replies = recording.end().list.map(({ name, reply }) => `${name} ${reply}`);
  assert.deepEqual(replies.slice(2, 14), [
    'CLIENT REPLY ',
    'SET ',
    'INCR (integer) 2',
    'CLIENT REPLY ',
    'INCR ',
    'INCR ',
    'CLIENT REPLY OK',
    'INCR (integer) 5',
    'CLIENT REPLY ',
    'SET ',
    'RESET RESET',
    'GET "5"',
  ]);
  assert.equal(one.tap.outstanding, 0);
});

for (const protocol of [2, 3]) {
  test(`messages of Pub/Sub are no replies in RESP${protocol}`, async () => {
    const wire = await rig.wire(one.port);
    if (protocol === 3) {
      wire.write(resp('HELLO', 3));
      await wire.until('modules');
    }
    const recording = one.tap.record();
    wire.write(
      Buffer.concat([resp('SUBSCRIBE', 'a', 'b', 'a'), resp('PSUBSCRIBE', 'p*'), resp('SSUBSCRIBE', 's')]),
    );
    await wire.until('ssubscribe\r\n');
    await waitFor(() => one.tap.outstanding === 0);
    for (let turn = 0; turn < 20; turn++) {
      await rig.instance.admin.publish('a', 'subscribe');
      await rig.instance.admin.publish('paul', 'x');
      wire.write(resp('PING', `p${turn}`));
      await wire.until(`p${turn}\r\n`);
    }
    wire.write(
      Buffer.concat([
        resp('UNSUBSCRIBE'),
        resp('PUNSUBSCRIBE', 'p*'),
        resp('SUNSUBSCRIBE'),
        resp('UNSUBSCRIBE'),
        resp('SET', 'k', 'v'),
        resp('GET', 'k'),
      ]),
    );
    await wire.until('$1\r\nv\r\n');
    const { list } = recording.end();
    assert.equal(one.tap.outstanding, 0);
    assert.equal(list.filter(({ name }) => name === 'PING').length, 20);
    assert.ok(list.every(({ replyKind }) => replyKind !== 'none'));
    assert.deepEqual(
      list.slice(-2).map(({ reply }) => reply),
      ['OK', '"v"'],
    );
  });
}

test('pushes of RESP3 come between replies and are none', async () => {
  const wire = await rig.wire(one.port);
  wire.write(Buffer.concat([resp('HELLO', 3), resp('CLIENT', 'TRACKING', 'ON'), resp('GET', 'tracked')]));
  await wire.until('_\r\n');
  const recording = one.tap.record();
  await rig.instance.admin.set('tracked', 'v');
  await wire.until('invalidate');
  wire.write(resp('GET', 'tracked'));
  await wire.until('$1\r\nv\r\n');
  const trace = recording.end();
  assert.deepEqual(
    trace.list.map(({ name, reply }) => [name, reply]),
    [['GET', '"v"']],
  );
  assert.ok(trace.bytesOut > '$1\r\nv\r\n'.length);
});

async function monitoring(): Promise<Wire> {
  const wire = await rig.wire(one.port);
  wire.write(resp('MONITOR'));
  await wire.until('+OK\r\n');
  return wire;
}

test('MONITOR shows what others do, large values too, and not what the host does', async () => {
  const wire = await monitoring();
  const { admin } = rig.instance;
  const value = 'y'.repeat(200_000);
  const learner = await rig.wire(one.port);
  await admin.get('secret');
  await admin.hget('h', Buffer.from([0, 34, 255]));
  learner.write(Buffer.concat([resp('GET', 'secret'), resp('SET', 'large', value), resp('GET', 'last')]));
  const seen = await wire.until('"GET" "last"\r\n');
  assert.equal(seen.match(/secret/g)?.length, 1, 'the learner’s own GET alone');
  assert.ok(!seen.includes('hget'));
  assert.ok(seen.includes(value));
  wire.write(resp('PING', 'still-here'));
  await wire.until('still-here');
  await waitFor(() => one.tap.outstanding === 0);
});

test('RESET leaves MONITOR, subscriptions and a transaction', async () => {
  const wire = await monitoring();
  wire.write(Buffer.concat([resp('RESET'), resp('SUBSCRIBE', 'c')]));
  await wire.until('subscribe\r\n');
  wire.write(
    Buffer.concat([
      resp('RESET'),
      resp('MULTI'),
      resp('SET', 'a', 1),
      resp('RESET'),
      resp('INCR', 'r'),
      resp('ECHO', 'end'),
    ]),
  );
  const seen = await wire.until('end\r\n');
  assert.ok(seen.endsWith('+RESET\r\n+OK\r\n+QUEUED\r\n+RESET\r\n:1\r\n$3\r\nend\r\n'), seen);
  assert.equal(one.tap.outstanding, 0);
});

test('what is no RESP is told so and cut, and hurts nobody else', async () => {
  const client = await rig.client(one.port);
  for (const bytes of ['*1\r\n$-5\r\nPING\r\n', '*99999999999\r\n', '*1\r\n+PING\r\n', 'x'.repeat(70_000)]) {
    const wire = await rig.wire(one.port);
    wire.write(bytes);
    await waitFor(() => wire.ended);
    assert.match(wire.received.toString(), /^-ERR Protocol error/);
  }
  assert.equal(await client.ping(), 'PONG');
});

test('a reader that does not read stops the server, and costs no memory', async () => {
  await rig.instance.admin.set('large', Buffer.alloc(4_000_000, 'z'));
  const wire = await rig.wire(one.port);
  wire.socket.pause();
  const atFirst = process.memoryUsage().rss;
  wire.write(Buffer.concat(Array.from({ length: 20 }, () => resp('GET', 'large'))));
  let arrived = 0;
  const stop = one.tap.observe({ executed: () => arrived++ });
  await waitFor(() => one.tap.outstanding === 20);
  for (let turn = 0; turn < 50; turn++) await rig.instance.admin.ping();
  assert.ok(arrived < 20, 'the replies wait in the server, not here');
  assert.ok(process.memoryUsage().rss - atFirst < 60 * 1024 * 1024);
  let received = 0;
  wire.socket.removeAllListeners('data');
  wire.socket.on('data', (chunk) => (received += chunk.length));
  wire.socket.resume();
  await waitFor(
    () => received >= 80_000_000,
    () => `80 MB, has ${received}`,
  );
  await waitFor(() => one.tap.outstanding === 0);
  assert.equal(arrived, 20);
  stop();
  wire.socket.destroy();
});

test('a pipeline of a hundred thousand commands written before anything is read is answered whole', async () => {
  const wire = await rig.wire(one.port);
  wire.socket.pause();
  const many = Buffer.concat(Array.from({ length: 100_000 }, () => resp('INCR', 'n')));
  await new Promise((resolve) => wire.socket.write(many, resolve));
  wire.socket.resume();
  await wire.until(':100000\r\n');
  await waitFor(() => one.tap.outstanding === 0);
});

test('an end of the client reaches the server after its last answers', async () => {
  const wire = await rig.wire(one.port);
  wire.socket.end(Buffer.concat([resp('SET', 'half', 'closed'), resp('GET', 'half')]));
  await wire.until('closed\r\n');
  await waitFor(() => wire.socket.closed);
  assert.equal(one.tap.outstanding, 0);
});

test('an instance that is replaced ends the connections; new ones wait for the next', async () => {
  const own = await rig.tap();
  const wire = await rig.wire(own.port);
  wire.write(resp('BLPOP', 'nothing', 0));
  await waitFor(() => own.tap.outstanding === 1);
  const lost: string[] = [];
  own.tap.observe({ finished: ({ name, state }) => lost.push(`${name} ${state}`) });
  own.tap.connect(null);
  await waitFor(() => wire.ended);
  assert.deepEqual(lost, ['BLPOP lost']);
  const patient = await rig.wire(own.port);
  patient.write(resp('PING', 'later'));
  own.tap.connect(rig.instance.socket);
  await patient.until('later');
});
