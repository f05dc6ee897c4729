import { delimiter, join } from 'node:path';
import { openSandbox } from '../../sandbox/run.ts';
import { gradingContext, type GradingContext } from '../host/grade/context.ts';
import { InstancePool } from '../host/instance-pool.ts';
import { KernelPool } from '../host/kernel/pool.ts';
import { app } from '../setup/places.mjs';

/** What an operator's command grades with: a sandbox of its own, and the folders of labs. */
export interface OwnGrading {
  context: GradingContext;
  close(): Promise<void>;
}

/** The folders of labs: the course's, then the operator's private ones. */
export const labRooms = [
  join(app, 'labs'),
  ...(process.env['ATELIER_LABS'] ?? '').split(delimiter).filter(Boolean),
];

/** Opens boxes to grade with; `by` is recorded in the verdicts as the server that gave them. */
export async function openGrading(by: string): Promise<OwnGrading> {
  const sandbox = await openSandbox();
  const kernels = new KernelPool(sandbox, { typescript: 2 });
  const instances = new InstancePool(sandbox, 'grading', 1);
  const versions = { server: by, driver: 'local' };
  return {
    context: gradingContext({ kernels, instances, rooms: labRooms, versions }),
    async close() {
      await instances.close();
      await kernels.close();
      await sandbox.close();
    },
  };
}
