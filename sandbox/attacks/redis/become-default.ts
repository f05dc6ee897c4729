// Asks for more rights by AUTH as the default user, by RESET and by HELLO → it keeps those it had
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner } = await redis();
  const said: string[] = [];
  for (const words of [
    ['AUTH', 'default', ''],
    ['AUTH', ''],
    ['AUTH', 'default', 'x'],
    ['RESET'],
    ['HELLO', '3', 'AUTH', 'default', ''],
  ]) {
    await learner.call(words[0], ...words.slice(1)).catch(() => null);
    said.push(
      await learner
        .call('CONFIG', 'SET', 'maxmemory', '0')
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  }
  return { effect: said.includes('OK'), observed: said.join(' ') };
});
