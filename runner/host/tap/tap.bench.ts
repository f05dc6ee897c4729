/**
 * What the tap adds to a GET: the same client, in a thread of its own, asks the instance directly,
 * through the tap and through a relay that reads nothing, in alternating blocks of one run.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { resp, Rig } from '../rig.ts';

/** Microseconds of one GET, sequential, on one connection. */
export interface TapBench {
  samples: number;
  direct: Spread;
  tap: Spread;
  /** The least that any relay in this language costs on this machine. */
  bare: Spread;
  /** Medians over the blocks of the difference of their medians with the direct ones. */
  tapAdds: number;
  bareAdds: number;
}

interface Spread {
  p50: number;
  p95: number;
}

interface Asked {
  instance: string;
  ports: number[];
  blocks: number;
  each: number;
}

/** Measures on a real instance; `samples` GETs on each side. */
export async function benchTap(samples = 4000): Promise<TapBench> {
  const rig = await Rig.open();
  try {
    await rig.instance.admin.set('bench', 'x'.repeat(64));
    const { port, tap } = await rig.tap();
    const recording = tap.record();
    const each = 100;
    const relay = await bareRelay(rig.instance.socket);
    const ports = [port, (relay.address() as AddressInfo).port];
    const asked: Asked = { instance: rig.instance.socket, ports, blocks: Math.ceil(samples / each), each };
    const worker = new Worker(new URL(import.meta.url), { workerData: asked });
    const [direct, through, bare] = await new Promise<number[][][]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    relay.close();
    recording.end();
    const adds = (side: number[][]) =>
      quantile(
        side.map((times, place) => quantile(times, 0.5) - quantile(direct[place], 0.5)),
        0.5,
      );
    return {
      samples: asked.blocks * each,
      direct: spread(direct),
      tap: spread(through),
      bare: spread(bare),
      tapAdds: adds(through),
      bareAdds: adds(bare),
    };
  } finally {
    await rig.close();
  }
}

async function bareRelay(socket: string): Promise<Server> {
  const relay = createServer({ noDelay: true }, (client) => {
    const server = connect(socket);
    client.on('data', (bytes) => server.write(bytes)).on('close', () => server.destroy());
    server.on('data', (bytes) => client.write(bytes)).on('close', () => client.destroy());
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return relay;
}

function spread(blocks: number[][]): Spread {
  return { p50: quantile(blocks.flat(), 0.5), p95: quantile(blocks.flat(), 0.95) };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)] * 10) / 10;
}

async function ask({ instance, ports, blocks, each }: Asked): Promise<number[][][]> {
  const sockets = [
    connect(instance),
    ...ports.map((port) => connect({ port, host: '127.0.0.1', noDelay: true })),
  ];
  const sides = sockets.map((socket) => ({ socket, seen: [] as number[][] }));
  const get = resp('GET', 'bench');
  for (const { socket } of sides) await block(socket, get, 500);
  for (let turn = 0; turn < blocks; turn++)
    for (const { socket, seen } of turn % 2 === 0 ? sides : sides.toReversed())
      seen.push(await block(socket, get, each));
  for (const { socket } of sides) socket.destroy();
  return sides.map(({ seen }) => seen);
}

/** One command after another; the reply of each is short enough to come whole. */
function block(socket: Socket, command: Buffer, count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let began = performance.now();
    const next = () => {
      times.push((performance.now() - began) * 1000);
      if (times.length === count) {
        socket.off('data', next);
        resolve(times);
        return;
      }
      began = performance.now();
      socket.write(command);
    };
    socket.on('data', next);
    socket.write(command);
  });
}

if (!isMainThread && workerData !== null) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void ask(workerData as Asked).then((seen) => parentPort!.postMessage(seen));
}
