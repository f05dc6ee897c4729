/** A new learner's first cell on several nodes: the nodes, the kernel, the first output. */
import { Client } from '../commands/client.ts';
import type { TopologyKind } from '../protocol.ts';
import { figure, type Figure } from './figure.ts';

const KINDS: TopologyKind[] = ['replica', 'sentinel', 'cluster', 'regions'];

/** Measures each kind, one learner after the other. */
export async function benchTopologies(address: string, samples: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const topology of KINDS) {
    const took: number[] = [];
    for (let n = 0; n < samples; n++) {
      const client = await Client.connect(address);
      const clicked = performance.now();
      const code = 'console.log(await topology.primary())';
      client.send({ type: 'run', lesson: 'libre', cell: 'first', language: 'typescript', code, topology });
      await client.hear('output');
      took.push(performance.now() - clicked);
      const ended = await client.hear('ended');
      if (ended.report.outcome.class !== 'done') throw new Error(JSON.stringify(ended.report.outcome));
      await client.close();
    }
    figures.push(
      figure(`a new learner’s first cell on ${topology} → first output`, 'ms', took, { p50: 3000 }),
    );
  }
  return figures;
}
