// Guesses the password of the host's user: none, its name, a known hash of nothing → it is refused
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner } = await redis();
  const said: string[] = [];
  for (const password of [
    '',
    'admin',
    'default',
    'atelier',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ])
    said.push(
      await learner
        .call('AUTH', 'admin', password)
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return { effect: said.includes('OK'), observed: said.join(' ') };
});
