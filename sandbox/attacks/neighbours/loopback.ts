// Two boxes meet on a port of 127.0.0.1 → they are on two loopbacks
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
s = socket.socket(); s.bind(('127.0.0.1', 4000)); s.listen()`,
  );
  const { text } = await run(
    other,
    `print(tried(lambda: socket.create_connection(('127.0.0.1', 4000), 2) and 'met'))`,
  );
  return { effect: text === 'met\n', observed: text.trim() };
});
