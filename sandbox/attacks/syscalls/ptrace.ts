// Traces a process and reads its memory by it → not one word is read
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
marker = ctypes.c_long(0x5ec2e7)
def trace():
    pid = os.fork()
    if pid == 0:
        time.sleep(3); os._exit(0)
    time.sleep(0.05)
    attached = call(${numberOf('ptrace')}, 16, pid, 0, 0)
    if attached >= 0: os.waitpid(pid, 0)
    word = ctypes.c_long(0)
    call(${numberOf('ptrace')}, 2, pid, ctypes.addressof(marker), ctypes.addressof(word))
    os.kill(pid, 9)
    return hex(word.value)
print(child(trace))`);
  return { effect: said === '0x5ec2e7', observed: said };
});
