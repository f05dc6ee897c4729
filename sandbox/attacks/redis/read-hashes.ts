// Reads the hash of the admin's password, to guess it at leisure → it is not shown
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  const hash = /#([0-9a-f]{64})/.exec(String(await admin.call('ACL', 'LIST')))![1];
  const said: string[] = [];
  for (const words of [
    ['ACL', 'LIST'],
    ['ACL', 'GETUSER', 'admin'],
    ['ACL', 'LOG'],
    ['CONFIG', 'GET', '*'],
    ['CLIENT', 'LIST'],
    ['INFO', 'everything'],
    ['SLOWLOG', 'GET', '-1'],
  ])
    said.push(
      await learner.call(words[0], ...words.slice(1)).then(
        (answer) => JSON.stringify(answer),
        (error: Error) => error.message,
      ),
    );
  return { effect: said.some((text) => text.includes(hash)), observed: said[0].slice(0, 80) };
});
