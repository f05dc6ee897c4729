// Fills memory with Buffers, which no limit of V8's heap counts → its box ends for memory, within its limit
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('typescript', { memory: 192 });
  const running = run(
    bomb,
    'const all: Buffer[] = []; for (;;) { all.push(Buffer.alloc(8 << 20, 1)); await null; }',
    40_000,
  );
  const mib = await usedMemory(bomb, running);
  const { ended } = await running;
  return { effect: ended === 'late' || mib > 200, observed: `${mib} MiB, then ${ended}` };
});
