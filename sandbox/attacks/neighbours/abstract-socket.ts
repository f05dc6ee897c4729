// Two boxes meet by the name of an abstract socket → they do not meet
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
s = socket.socket(socket.AF_UNIX); s.bind('\\0meeting'); s.listen()`,
  );
  const { text } = await run(
    other,
    `
s = socket.socket(socket.AF_UNIX)
print(tried(lambda: s.connect('\\0meeting') or 'met'))`,
  );
  return { effect: text === 'met\n', observed: text.trim() };
});
