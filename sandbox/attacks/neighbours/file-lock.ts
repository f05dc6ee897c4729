// One box locks a file that all boxes are bound to, another sees it locked: a bit a time, and a way to stop who locks it for a reason → neither can lock
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
import fcntl
held = open('/app/inside/python/kernel.py')
print(tried(lambda: fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)))`,
  );
  const { text } = await run(
    other,
    `
import fcntl
try:
    fcntl.flock(open('/app/inside/python/kernel.py'), fcntl.LOCK_EX | fcntl.LOCK_NB); print('free')
except BlockingIOError: print('it is locked')
except OSError as error: print(error)`,
  );
  return { effect: text === 'it is locked\n', observed: text.trim() };
});
