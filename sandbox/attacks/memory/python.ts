// Fills memory from Python → refused or ended within the limit
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 192 });
  const running = run(
    bomb,
    `
all = []
while True: all.append(bytearray(b'x') * (8 << 20))`,
    40_000,
  );
  const mib = await usedMemory(bomb, running);
  const { ended } = await running;
  return { effect: ended === 'late' || mib > 200, observed: `${mib} MiB, then ${ended}` };
});
