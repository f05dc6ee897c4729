// Makes the calls of 32-bit programs by int 0x80, whose numbers walk around a filter of 64-bit ones → the process dies before the call
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  // mov eax, 356 (memfd_create); mov ebx, name (below 4 GiB); xor ecx, ecx; int 0x80; ret
  const said = await python(`
def leap():
    area = libc.mmap
    area.restype = ctypes.c_void_p
    low = area(ctypes.c_void_p(0), ctypes.c_size_t(4096), 7, 0x22 | 0x40, -1, ctypes.c_long(0))
    code = b'\\xb8\\x64\\x01\\x00\\x00\\xbb' + struct.pack('<I', low + 64) + b'\\x31\\xc9\\xcd\\x80\\xc3'
    ctypes.memmove(low, code, len(code)); ctypes.memmove(low + 64, b'hoard\\0', 6)
    return ctypes.CFUNCTYPE(ctypes.c_int)(low)()
print(child(leap))`);
  return { effect: Number(said) > 0, observed: said };
});
