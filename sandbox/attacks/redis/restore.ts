// Has the server read a payload made by hand, where its parsers have had holes: RESTORE and RESTORE-ASKING → it reads none
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  await admin.lpush('l', 'a', 'b');
  const payload = await admin.dumpBuffer('l');
  const said: string[] = [];
  for (const command of ['RESTORE', 'RESTORE-ASKING'])
    said.push(
      await learner
        .call(command, `mine-${command}`, '0', payload)
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  const made = await admin.exists('mine-RESTORE', 'mine-RESTORE-ASKING');
  return { effect: made > 0, observed: said.join(' ') };
});
