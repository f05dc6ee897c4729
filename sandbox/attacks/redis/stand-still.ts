// Makes the server stand still for everybody: DEBUG SLEEP, CLIENT PAUSE → it answers at once
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  for (const words of [
    ['DEBUG', 'SLEEP', '3'],
    ['CLIENT', 'PAUSE', '3000'],
    ['CLIENT', 'PAUSE', '3000', 'WRITE'],
  ])
    void learner.call(words[0], ...words.slice(1)).catch(() => null);
  const began = performance.now();
  await admin.set('k', 'v');
  const ms = Math.round(performance.now() - began);
  return { effect: ms > 1500, observed: `answers after ${ms} ms` };
});
