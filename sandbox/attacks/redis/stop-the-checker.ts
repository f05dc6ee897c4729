// Kills or unblocks the checker's connection while it is graded → it cannot
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis({ role: 'grading' });
  const id = await admin.client('ID');
  for (const words of [
    ['KILL', 'ID', `${id}`],
    ['KILL', 'USER', 'admin'],
    ['KILL', 'TYPE', 'normal'],
    ['UNBLOCK', `${id}`, 'ERROR'],
    ['PAUSE', '1000'],
  ])
    await learner.call('CLIENT', ...words).catch(() => null);
  const same = (await admin.client('ID')) === id;
  return { effect: !same, observed: same ? 'the checker’s connection is the same' : 'it was killed' };
});
