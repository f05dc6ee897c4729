// Has a module read a filter made by hand, with a size of its choice: BF.LOADCHUNK, CF.LOADCHUNK → it reads none
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  await admin.call('BF.ADD', 'source', 'x');
  const [next, data] = (await admin.callBuffer('BF.SCANDUMP', 'source', '0')) as [number, Buffer];
  const said: string[] = [];
  for (const command of ['BF.LOADCHUNK', 'CF.LOADCHUNK'])
    said.push(
      await learner
        .call(command, 'mine', `${next}`, data)
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return { effect: (await admin.exists('mine')) > 0, observed: said.join(' ') };
});
