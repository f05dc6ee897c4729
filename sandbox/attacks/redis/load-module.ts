// Loads code of its own into the server by MODULE LOAD and LOADEX → nothing is loaded
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const before = JSON.stringify(await admin.call('MODULE', 'LIST'));
  const said: string[] = [];
  for (const words of [
    ['LOAD', '/modules/redisbloom.so'],
    ['LOADEX', '/tmp/x.so'],
    ['UNLOAD', 'bf'],
  ])
    said.push(
      await learner.call('MODULE', ...words).then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return { effect: JSON.stringify(await admin.call('MODULE', 'LIST')) !== before, observed: said.join(' ') };
});
