/**
 * `npm run dev`: pages from Astro's own server, where a saved .mdx or .astro shows at once, in front
 * of a stack that starts again when a .ts of the runner, the sandbox or a lab is saved.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { app, data } from '../setup/places.mjs';
import { startStack } from './stack.ts';

const host = process.env['HOST'] || '127.0.0.1';
const port = Number(process.env['PORT'] || 4321);
const behind = port + 1;
const settleMs = 200;

const start = () =>
  startStack({
    host,
    port: behind,
    data,
    output: 'show',
    // The page's Origin is Astro's, not the server's.
    environment: { ATELIER_ORIGIN: `http://${host}:${port}` },
  });
let stack = await start();

const astro = spawn(
  process.execPath,
  [
    join(app, 'node_modules/astro/bin/astro.mjs'),
    'dev',
    '--root',
    'site',
    '--host',
    host,
    '--port',
    String(port),
  ],
  {
    cwd: app,
    stdio: 'inherit',
    env: { ...process.env, ATELIER_SERVER: stack.address, ASTRO_TELEMETRY_DISABLED: '1' },
  },
);

let timer: NodeJS.Timeout | null = null;
let restarting = Promise.resolve();
for (const room of ['runner', 'sandbox', 'labs']) {
  watch(join(app, room), { recursive: true }, (_event, name) => {
    if (name === null || !/\.(ts|py|go|md|yml|redis)$/.test(name) || name.includes('.test.')) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      restarting = restarting
        .then(async () => {
          console.log(`· ${room}/${name} was saved: the stack starts again`);
          await stack.stop();
          stack = await start();
        })
        .catch(complain);
    }, settleMs);
  });
}

function complain(error: unknown): void {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`);
}

async function stop(): Promise<never> {
  astro.kill('SIGTERM');
  await restarting;
  await stack.stop();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
astro.on('exit', () => void stop());
