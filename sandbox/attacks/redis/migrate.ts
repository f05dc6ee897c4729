// Sends keys to a server of the machine, or scans its ports, by MIGRATE → nobody is reached
import { attack } from '../attack.ts';

export default attack(async ({ redis, listen }) => {
  const { learner } = await redis();
  const listener = await listen({ host: '127.0.0.1' });
  await learner.set('k', 'v');
  const said = await learner
    .call('MIGRATE', '127.0.0.1', `${listener.port}`, 'k', '0', '500')
    .then(String, (error: Error) => error.message);
  return {
    effect: listener.reached > 0 || !said.startsWith('NOPERM'),
    observed: `${listener.reached} reached; ${said}`,
  };
});
