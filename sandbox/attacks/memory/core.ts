// Crashes on purpose, for the kernel to write its memory to a file → no file is written
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text } = await run(
    await box('python', { memory: 512, disk: 256 }),
    `
os.chdir('/tmp')
def crash():
    libc.prctl(4, 1, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSEGV)
child(crash)
print([name for name in os.listdir('/tmp') if 'core' in name])`,
  );
  return { effect: text !== '[]\n', observed: `files ${text.trim()}` };
});
