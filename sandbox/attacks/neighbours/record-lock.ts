// One box locks a byte of a shared file for reading, another asks who would stand in its way → it sees nobody
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
import fcntl
held = open('/app/inside/python/kernel.py')
print(tried(lambda: fcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB, 1)))`,
  );
  const { text } = await run(
    other,
    `
import fcntl
question = struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 1, 0)
try: print(struct.unpack('hhqqi', fcntl.fcntl(open('/app/inside/python/kernel.py'), fcntl.F_GETLK, question))[0] == fcntl.F_RDLCK and 'it is locked')
except OSError as error: print(error)`,
  );
  return { effect: text === 'it is locked\n', observed: text.trim() };
});
