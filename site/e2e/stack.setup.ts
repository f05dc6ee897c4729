import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts the real stack for the whole suite, in a process of its own; it ends when we do. */
export default async function start(): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stack.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('the stack did not start');
    }),
  ])) as [string];
  const { address, launcher } = JSON.parse(line) as { address: string; launcher: number };
  process.env['ATELIER_E2E_ADDRESS'] = address;
  process.env['ATELIER_E2E_LAUNCHER'] = String(launcher);
  return async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
}
