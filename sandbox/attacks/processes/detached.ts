// Forks twice, in a session of its own with every signal ignored, to go on after its box is killed → nothing of the slot lives
import { usedUids } from '../../processes.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const refuge = await box('python');
  await run(
    refuge,
    `
import time
there, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        os.write(tell, b'.')
        for descriptor in range(100):
            try: os.close(descriptor)
            except OSError: pass
        while True: time.sleep(1)
    os._exit(0)
os.read(there, 1)`,
  );
  await refuge.kill();
  const left = usedUids(refuge.uid, 1).size;
  return { effect: left > 0, observed: left > 0 ? 'it goes on' : 'nothing of it is left' };
});
