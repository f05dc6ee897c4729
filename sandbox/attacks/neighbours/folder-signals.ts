// One box asks to be signalled when a shared folder is read (F_NOTIFY), another reads it → no signal comes
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
import fcntl
events = []
signal.signal(signal.SIGUSR2, lambda *_: events.append(1))
folder = os.open('/app/inside/python', os.O_RDONLY)
fcntl.fcntl(folder, 10, signal.SIGUSR2)
print(tried(lambda: fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)))`,
  );
  await run(other, `os.listdir('/app/inside/python'); open('/app/inside/python/kernel.py').read(1)`);
  const { text } = await run(
    one,
    `
time.sleep(0.1)
print(len(events))`,
  );
  return { effect: Number(text) > 0, observed: `${text.trim()} signals` };
});
