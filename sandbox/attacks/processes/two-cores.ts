// Keeps every core busy with threads of its own → it gets the share of one
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const greedy = await box('python');
  void run(
    greedy,
    `
for _ in range(6):
    if os.fork() == 0:
        while True: pass
while True: pass`,
    60_000,
  );
  await wait(300);
  const [before, from] = [await greedy.usage(), performance.now()];
  await wait(1200);
  const share = ((await greedy.usage()).cpu - before.cpu) / ((performance.now() - from) * 1000);
  return { effect: share > 1.25, observed: `${share.toFixed(2)} of a core` };
});
