// Works in eight boxes at once to have as many shares of the processor → a neighbour with one box has as much as all of them
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const vandals = await Promise.all(
    Array.from({ length: 8 }, () => box('python', { memory: 64, disk: 1, owner: 'bad0'.repeat(8) })),
  );
  const neighbour = await box('python', { memory: 64, disk: 1, owner: 'ada0'.repeat(8) });
  for (const one of [...vandals, neighbour]) void run(one, 'while True: pass', 60_000);
  const spent = () => Promise.all([neighbour, ...vandals].map(async (one) => (await one.usage()).cpu));
  await wait(300);
  const before = await spent();
  await wait(1500);
  const [his, ...theirs] = (await spent()).map((cpu, index) => cpu - before[index]);
  const share = his / theirs.reduce((sum, cpu) => sum + cpu, his);
  return {
    effect: share < 0.2,
    observed: `the neighbour had ${(share * 100).toFixed(0)} % of what was used`,
  };
});
