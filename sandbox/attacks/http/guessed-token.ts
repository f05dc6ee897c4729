// Asks for a learner's work with no token, a guessed one, and one of another length → nobody's work is shown
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address } = await site();
  const statuses: number[] = [];
  for (const cookie of [
    '',
    `atelier=${'A'.repeat(22)}`,
    'atelier=',
    `atelier=${'A'.repeat(4000)}`,
    "atelier=' OR 1=1 --",
  ])
    statuses.push((await fetch(`${address}/api/lessons/16-05`, { headers: { cookie } })).status);
  return { effect: statuses.some((status) => status < 400), observed: statuses.join(' ') };
});
