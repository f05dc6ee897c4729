// Grows memories of WebAssembly, which are neither heap nor Buffers, and writes to each page → within the limit
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('typescript', { memory: 192 });
  const running = run(
    bomb,
    `
const { WebAssembly } = globalThis as any;
const all: unknown[] = [];
for (;;) {
  const memory = new WebAssembly.Memory({ initial: 160 });
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
  all.push(memory);
}`,
    40_000,
  );
  const mib = await usedMemory(bomb, running);
  const { ended } = await running;
  return { effect: ended === 'late' || mib > 200, observed: `${mib} MiB, then ${ended}` };
});
