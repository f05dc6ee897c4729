// Becomes the replica of a server of the attacker's, which then sends it a whole memory → no connection is made
import { attack } from '../attack.ts';

export default attack(async ({ redis, listen }) => {
  const { learner, admin } = await redis();
  const listener = await listen({ host: '127.0.0.1' });
  const said: string[] = [];
  for (const words of [
    ['REPLICAOF', '127.0.0.1', `${listener.port}`],
    ['SLAVEOF', '127.0.0.1', `${listener.port}`],
  ])
    said.push(
      await learner
        .call(words[0], ...words.slice(1))
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  const role = String(await admin.call('ROLE'));
  return {
    effect: !role.startsWith('master') || listener.reached > 0,
    observed: `${said.join(' ')}; ${role.split(',')[0]}`,
  };
});
