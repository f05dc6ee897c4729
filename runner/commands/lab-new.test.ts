import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSandbox } from '../../sandbox/run.ts';
import { gradingContext } from '../host/grade/context.ts';
import { labFolders } from '../host/grade/lab.ts';
import { proveLab } from '../host/grade/prove.ts';
import { InstancePool } from '../host/instance-pool.ts';
import { KernelPool } from '../host/kernel/pool.ts';
import { app } from '../setup/places.mjs';
import { newLab } from './lab-new.ts';

test('a lab made from the template is proved as it is, but for its latency', async () => {
  const room = mkdtempSync(join(tmpdir(), 'labs-'));
  cpSync(join(app, 'labs/kit.ts'), join(room, 'kit.ts'));
  const sandbox = await openSandbox();
  const kernels = new KernelPool(sandbox, { typescript: 2 });
  const instances = new InstancePool(sandbox, 'grading', 1);
  try {
    const folder = newLab(room, '16-05z-essai');
    assert.equal(labFolders([room]).get('16-05z-essai'), folder);
    assert.throws(() => newLab(room, '16-05z-essai'), /existe déjà/);
    const versions = { server: 'test', driver: 'local' };
    const context = gradingContext({ kernels, instances, rooms: [room], versions });
    const { proofs, killed, mutants } = await proveLab(folder, context, {
      words: () => true,
      timing: false,
      report: () => {},
    });
    assert.deepEqual(
      proofs.filter(({ wrong }) => wrong.length > 0).map(({ file, wrong }) => ({ file, wrong })),
      [],
    );
    assert.ok(mutants >= 4 && killed === mutants);
  } finally {
    await instances.close();
    await kernels.close();
    await sandbox.close();
    rmSync(room, { recursive: true });
  }
});

test('a name that cannot be a lab is refused, in French', () => {
  for (const name of ['', 'fenetre', '16-05-fenetre', '../16-05a-x', '16-05aFenetre']) {
    assert.throws(() => newLab(tmpdir(), name), /n’est pas un nom de lab/);
  }
});
