// Reads the kernel's log by syslog, where addresses and other learners' deaths are → it reads nothing
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
buffer = ctypes.create_string_buffer(4096)
print(child(lambda: call(${numberOf('syslog')}, 3, ctypes.addressof(buffer), 4096)))`);
  return { effect: Number(said) > 0, observed: said };
});
