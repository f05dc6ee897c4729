// Forks without end → no more processes than its limit live at once, as the machine counts them
import { usedProcesses } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const bomb = await box('python', { memory: 512 });
  const running = run(
    bomb,
    `
import time
for _ in range(400):
    try:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
    except OSError: break
time.sleep(1)
print('forked')`,
  );
  const most = await usedProcesses(bomb, running);
  return { effect: most > 36, observed: `${most} processes at once` };
});
