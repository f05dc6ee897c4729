/** `node sandbox/doctor.ts`: says which walls stand on this machine; exits with 1 when one is missing. */
import { openSandbox } from './run.ts';

const sandbox = await openSandbox();
const walls = await sandbox.walls();
const languages = sandbox.programs.join(', ');
await sandbox.close();
for (const { name, stands, why } of walls)
  console.log(`${stands ? '✓' : '✗'} wall ${name}${why ? `: ${why}` : ''}`);
console.log(`  boxes: ${languages}`);
process.exitCode = walls.every(({ stands }) => stands) ? 0 : 1;
