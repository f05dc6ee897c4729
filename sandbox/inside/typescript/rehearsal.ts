import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

const REPLIES: Record<string, string> = {
  HELLO: '%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n',
  INFO: '$19\r\nredis_version:7.4.1\r\n',
  INCR: ':1\r\n',
};

/** After as many, and a moment for the compiler's thread, a first cell costs a quarter; more turns gain nothing. */
const TURNS = 4;

/** Runs a whole cell again and again before the learner's first one, so that theirs finds everything loaded and compiled. */
export async function rehearse(run: (code: string) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const [, name = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
        socket.write(REPLIES[name.toUpperCase()] ?? '+OK\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (let turn = 0; turn < TURNS; turn++) await run(cell(portOf(server)));
  server.close();
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function cell(port: number): string {
  return `import { Redis as $Redis } from 'ioredis';
let $redis: $Redis | undefined = new $Redis(${port});
async function $count(key: string): Promise<number> { return $redis!.incr(key); }
for (let turn = 0; turn < 3; turn++) console.log(await $count('key'), [{ turn }], new Error('rehearsal'));
await $redis.pipeline().set('key', 1).exec();
$redis.disconnect();
$redis = undefined;
[{ turn: 1, nested: { a: [1] } }]`;
}
