// Gives itself every right, or makes a user who has them, by ACL SETUSER → no user changes
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const before = String(await admin.call('ACL', 'LIST'));
  for (const words of [
    ['SETUSER', 'default', '+@all'],
    ['SETUSER', 'mine', 'on', 'nopass', '~*', '+@all'],
    ['DELUSER', 'admin'],
    ['LOAD'],
    ['SAVE'],
  ])
    await learner.call('ACL', ...words).catch(() => null);
  const after = String(await admin.call('ACL', 'LIST'));
  return { effect: after !== before, observed: after === before ? 'the users are the same' : after };
});
