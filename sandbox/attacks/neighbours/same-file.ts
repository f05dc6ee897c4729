// Two boxes leave each other files in /tmp and /dev/shm → each finds its own alone
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
for folder in ('/tmp', '/dev/shm', '/dev', '/app'): tried(lambda: open(folder + '/left', 'w').write('met'))`,
  );
  const { text } = await run(
    other,
    `print([folder for folder in ('/tmp', '/dev/shm', '/dev', '/app') if os.path.exists(folder + '/left')])`,
  );
  return { effect: text !== '[]\n', observed: `found in ${text.trim()}` };
});
