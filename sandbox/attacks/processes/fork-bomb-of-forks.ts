// Every child forks in its turn and never waits: the tree grows at its leaves → no more processes than its limit live at once
import { usedProcesses } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 512 });
  const running = run(
    bomb,
    `
import time
end = time.monotonic() + 1
while time.monotonic() < end:
    try:
        if os.fork() == 0: signal.alarm(15)
    except OSError: time.sleep(0.05)
`,
    5000,
  );
  const most = await usedProcesses(bomb, running);
  return { effect: most > 36, observed: `${most} processes at once` };
});
