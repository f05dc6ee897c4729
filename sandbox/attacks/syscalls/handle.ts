// Asks for the handle of a file, to open files of the whole disk by number → no handle is given
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
handle = ctypes.create_string_buffer(struct.pack('=Ii', 128, 0).ljust(160, b'\\0')); mount = ctypes.c_int(0)
print(child(lambda: (call(${numberOf('name_to_handle_at')}, -100, b'/app/inside', ctypes.addressof(handle), ctypes.addressof(mount), 0), call(${numberOf('open_by_handle_at')}, -100, ctypes.addressof(handle), 0))))`);
  return { effect: /^\(0|, \d/.test(said), observed: said };
});
