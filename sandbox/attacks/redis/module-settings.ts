// Changes the limits that all queries of a module have, or reads its insides: FT.CONFIG SET → they stay
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const ask = async () => JSON.stringify(await admin.call('FT.CONFIG', 'GET', '*'));
  const before = await ask();
  const said: string[] = [];
  for (const [name, value] of [
    ['TIMEOUT', '0'],
    ['MAXSEARCHRESULTS', '-1'],
    ['MAXEXPANSIONS', '1000000000'],
  ])
    said.push(
      await learner
        .call('FT.CONFIG', 'SET', name, value)
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return { effect: (await ask()) !== before, observed: said.join(' ') };
});
