// Sets up an io_uring, whose operations no filter of system calls sees → there is none
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
parameters = ctypes.create_string_buffer(120)
print(child(lambda: call(${numberOf('io_uring_setup')}, 4, ctypes.addressof(parameters))))`);
  return { effect: Number(said) >= 0, observed: said };
});
