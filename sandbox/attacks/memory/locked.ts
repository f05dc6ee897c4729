// Locks memory so that the machine can never take it back → it locks none
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def lock():
    part = mmap.mmap(-1, 4 << 20)
    return libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(part))), ctypes.c_size_t(4 << 20))
print(child(lock))`);
  return { effect: said === '0', observed: `mlock answers ${said}` };
});
