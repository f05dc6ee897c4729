// Drops a program in / or /dev, which bubblewrap leaves as executable tmpfs, and runs it → it is not written
import { attack } from '../attack.ts';
import { exits42 } from '../programs.ts';

export default attack(async ({ box, run }) => {
  const { text } = await run(
    await box('python'),
    `
def start(path):
    open(path, 'wb').write(bytes.fromhex('${exits42.toString('hex')}'))
    os.chmod(path, 0o755)
    pid = os.fork()
    if pid == 0:
        try: os.execv(path, [path])
        finally: os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print([tried(lambda: start(path)) for path in ('/program', '/dev/program', '/app/program')])`,
  );
  return { effect: /'42'/.test(text), observed: text.trim().slice(0, 160) };
});
