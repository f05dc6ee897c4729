// Forks itself on and on, each parent ending, so that no pass over a list of processes stops it → a frozen box uses no processor
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const runner = await box('python');
  void run(
    runner,
    `
end = time.monotonic() + 20
while time.monotonic() < end:
    pid = os.fork()
    if pid: os._exit(0) if os.getpid() != 2 else os.waitpid(pid, 0)`,
    60_000,
  );
  await wait(200);
  await runner.freeze();
  const before = await runner.usage();
  await wait(400);
  const used = (await runner.usage()).cpu - before.cpu;
  return { effect: used > 20_000, observed: `${Math.round(used / 1000)} ms of processor in 400 ms frozen` };
});
