// Drops a program in /tmp and runs it → it does not run
import { attack } from '../attack.ts';
import { exits42 } from '../programs.ts';

export default attack(async ({ python }) => {
  const said = await python(`
open('/tmp/program', 'wb').write(bytes.fromhex('${exits42.toString('hex')}'))
os.chmod('/tmp/program', 0o755)
def start():
    pid = os.fork()
    if pid == 0:
        try: os.execv('/tmp/program', ['/tmp/program'])
        finally: os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(start())`);
  return { effect: said === '42', observed: `exit code ${said}` };
});
