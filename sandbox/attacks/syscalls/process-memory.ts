// Reads the memory of another process by process_vm_readv → nothing is read
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
class Part(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
marker = ctypes.create_string_buffer(b'the-secret')
def read():
    pid = os.fork()
    if pid == 0:
        time.sleep(3); os._exit(0)
    into = ctypes.create_string_buffer(10)
    here, there = Part(ctypes.addressof(into), 10), Part(ctypes.addressof(marker), 10)
    call(${numberOf('process_vm_readv')}, pid, ctypes.addressof(here), 1, ctypes.addressof(there), 1, 0)
    os.kill(pid, 9)
    return into.value.decode()
print(child(read))`);
  return { effect: said === 'the-secret', observed: said || 'nothing' };
});
