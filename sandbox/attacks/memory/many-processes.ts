// Each of many processes fills a part, all within their own limits → the box as a whole is within its own
import { countedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 192 });
  const running = run(
    bomb,
    `
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(b'x') * (60 << 20); time.sleep(3); os._exit(0)
time.sleep(3)`,
    10_000,
  );
  const mib = await countedMemory(bomb, running);
  return { effect: mib > 200, observed: `${mib} MiB in all` };
});
