/** `npm start`, once the set-up is done: keeps the stack running and prints where it answers. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { data } from '../setup/places.mjs';
import { refusedWalls } from './required-walls.ts';
import { startStack } from './stack.ts';

const host = process.env['HOST'] || '127.0.0.1';
const port = Number(process.env['PORT'] || 4321);
process.env['ATELIER_LOG'] ||= 'warn';

const taken = await isTaken();
if (taken !== null) {
  console.error(`✗ ${host}:${port} cannot be listened on (${taken})\n  PORT=${port + 1} npm start`);
  process.exit(1);
}
try {
  const stack = await startStack({
    host,
    port,
    data,
    output: 'show',
  });
  const missing = stack.health.sandbox.walls.filter((wall) => !wall.stands);
  for (const wall of missing)
    console.log(`! wall missing: ${wall.name}${wall.why === undefined ? '' : ` (${wall.why})`}`);
  const refused = refusedWalls(stack.health.sandbox.walls, process.getuid!() === 0, host);
  if (refused.length > 0 && process.env['ATELIER_MISSING_WALLS'] !== 'accepted') {
    await stack.stop();
    const names = refused.map(({ name }) => name).join(', ');
    console.error(`✗ learners would run code without these walls: ${names}`);
    console.error('  npm run doctor; ATELIER_MISSING_WALLS=accepted npm start starts all the same');
    process.exit(1);
  }
  console.log(`Atelier Redis: ${stack.address}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stack.stop());
  await once(stack.launcher, 'exit');
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}\n  npm run doctor`);
  process.exit(1);
}

/** Why nothing can listen there, or null. */
async function isTaken(): Promise<string | null> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
    probe.close();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
