// Starts worker threads of Node without end, each with a heap of its own → few start
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text, ended } = await run(
    await box('typescript', { memory: 512 }),
    `
import { Worker } from 'node:worker_threads';
let online = 0;
await Promise.all(Array.from({ length: 60 }, () => new Promise<void>((resolve) => {
  try {
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    worker.once('online', () => { online++; console.log('online ' + online); resolve(); });
    worker.once('error', () => resolve());
  } catch { resolve(); }
})));`,
    30_000,
  );
  const most = Math.max(0, ...[...text.matchAll(/online (\d+)/g)].map(([, count]) => Number(count)));
  return { effect: most > 32, observed: `${most} workers, ${ended}` };
});
