// Stops, kills and traces process 1 and its own parents, so that nobody can end it → its box is killed as any other
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const fortress = await box('python');
  void run(
    fortress,
    `
for pid in (1, os.getppid()):
    for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGKILL):
        tried(lambda: os.kill(pid, number))
while True: pass`,
    60_000,
  );
  await wait(300);
  const said = await Promise.race([fortress.kill().then(({ reason }) => reason), wait(5000, 'alive')]);
  return { effect: said === 'alive', observed: `${said}` };
});
