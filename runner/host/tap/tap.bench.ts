/**
 * What the tap adds to a GET: the same client, in a thread of its own, asks the instance directly and
 * through the tap, in alternating blocks of one run.
 */
import { connect, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { resp, Rig } from '../rig.ts';

/** Microseconds of one GET, sequential, on one connection. */
export interface TapBench {
  samples: number;
  direct: { p50: number; p95: number };
  tap: { p50: number; p95: number };
  /** Median over the blocks of the difference of their medians. */
  addedP50: number;
}

interface Asked {
  places: [direct: string, tap: number];
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
    const asked: Asked = { places: [rig.instance.socket, port], blocks: Math.ceil(samples / each), each };
    const worker = new Worker(new URL(import.meta.url), { workerData: asked });
    const [direct, through] = await new Promise<[number[][], number[][]]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    recording.end();
    return {
      samples: asked.blocks * each,
      direct: { p50: quantile(direct.flat(), 0.5), p95: quantile(direct.flat(), 0.95) },
      tap: { p50: quantile(through.flat(), 0.5), p95: quantile(through.flat(), 0.95) },
      addedP50: quantile(
        through.map((times, place) => quantile(times, 0.5) - quantile(direct[place], 0.5)),
        0.5,
      ),
    };
  } finally {
    await rig.close();
  }
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)] * 10) / 10;
}

async function ask({ places, blocks, each }: Asked): Promise<[number[][], number[][]]> {
  const [direct, through] = [connect(places[0]), connect(places[1], '127.0.0.1')];
  through.setNoDelay(true);
  const get = resp('GET', 'bench');
  const sides: [Socket, number[][]][] = [
    [direct, []],
    [through, []],
  ];
  for (const [socket] of sides) await block(socket, get, 500);
  for (let turn = 0; turn < blocks; turn++) {
    for (const [socket, seen] of turn % 2 === 0 ? sides : sides.toReversed())
      seen.push(await block(socket, get, each));
  }
  direct.destroy();
  through.destroy();
  return [sides[0][1], sides[1][1]];
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
