// Writes to the descriptors of process 1, one of which tells the launcher which process of the machine to stop and kill, that it is another one → that one lives
import { spawn } from 'node:child_process';
import { attack } from '../attack.ts';

export default attack(async ({ box, run, after }) => {
  const victim = spawn('sleep', ['60'], { stdio: 'ignore' });
  after(() => victim.kill('SIGKILL'));
  const liar = await box('python');
  const { text } = await run(
    liar,
    `
written = 0
for folder in ('/proc/1/fd', '/proc/self/fd'):
    for name in os.listdir(folder):
        if folder == '/proc/self/fd' and int(name) < 4: continue
        try:
            descriptor = os.open(folder + '/' + name, os.O_WRONLY | os.O_NONBLOCK)
            os.write(descriptor, b'{ "child-pid": ${victim.pid} }\\n'); written += 1
        except OSError: pass
print(written)`,
  );
  await liar.freeze();
  await liar.kill();
  const lives = victim.exitCode === null && victim.signalCode === null;
  return {
    effect: !lives,
    observed: `${text.trim()} descriptors written; the other ${lives ? 'lives' : 'died'}`,
  };
});
