// Answers with lengths that are negative, not numbers, or longer than any number → the tap ends the connection
import { ends } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ tapped }) => {
  const answers: boolean[] = [];
  for (const lie of ['$-7\r\n', '*-9\r\n', '$1x\r\n', `$${'9'.repeat(400)}\r\n`]) {
    const tap = await tapped((server) => server.once('data', () => server.write(lie)));
    answers.push(await ends(tap.port, 'GET k\r\n'));
  }
  return {
    effect: answers.includes(false),
    observed: `${answers.filter(Boolean).length} of ${answers.length} connections ended`,
  };
});
