// Runs a program from a file of memory, where no mount option forbids it → it does not run
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';
import { exits42 } from '../programs.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def start():
    descriptor = call(${numberOf('memfd_create')}, b'program', 0)
    if descriptor < 0: return descriptor
    os.write(descriptor, bytes.fromhex('${exits42.toString('hex')}'))
    pid = os.fork()
    if pid == 0:
        try: os.execve(descriptor, ['program'], {})
        finally: os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(child(start))`);
  return { effect: said === '42', observed: said };
});
