// Maps anonymous memory as shared, which no resource limit counts, and writes to it → within the limit
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 128 });
  const running = run(
    bomb,
    `
parts = []
for _ in range(80):
    part = mmap.mmap(-1, 8 << 20)
    for at in range(0, 8 << 20, 4096): part[at] = 1
    parts.append(part)
time.sleep(0.2)`,
    40_000,
  );
  const mib = await usedMemory(bomb, running);
  const { ended } = await running;
  return { effect: mib > 140, observed: `${mib} MiB, then ${ended}` };
});
