// Fills pipes, whose pages belong to the kernel and to no process → the box is within its limit or ends
import { attack } from '../attack.ts';
import { countedMemory } from '../outside.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 64 });
  const running = run(
    bomb,
    `
pipes = []
try:
    while True:
        pair = os.pipe(); os.set_blocking(pair[1], False); pipes.append(pair)
        try:
            while True: os.write(pair[1], b'x' * 65536)
        except BlockingIOError: pass
except OSError: pass
time.sleep(1)`,
    20_000,
  );
  const mib = await countedMemory(bomb, running);
  return { effect: mib > 70, observed: `${mib} MiB of kernel and process` };
});
