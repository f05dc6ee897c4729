// Loads a program or a table into the kernel by bpf → nothing is loaded
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
attributes = (ctypes.c_uint32 * 16)(2, 4, 8, 1)
instructions = (ctypes.c_uint64 * 2)(0xb7, 0x95)
licence = ctypes.create_string_buffer(b'GPL')
program = struct.pack('=IIQQIIQ', 1, 2, ctypes.addressof(instructions), ctypes.addressof(licence), 0, 0, 0).ljust(64, b'\\0')
print(child(lambda: (call(${numberOf('bpf')}, 0, ctypes.addressof(attributes), 64), call(${numberOf('bpf')}, 5, program, 64))))`);
  return { effect: /\(\d|, \d/.test(said), observed: said };
});
