// Maps a file of /tmp as executable memory, as a program loader would, and jumps there → it is not mapped
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
open('/tmp/code', 'wb').write(b'\\xb8\\x2a\\x00\\x00\\x00\\xc3' * 800)
descriptor = os.open('/tmp/code', os.O_RDONLY)
def jump():
    area = mmap.mmap(descriptor, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
print(child(lambda: tried(jump)))`);
  return { effect: said === '42', observed: said };
});
