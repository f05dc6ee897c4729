// Chooses on which memory of the machine its pages are, and so whose banks it presses on → it cannot choose
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
mask = ctypes.c_ulong(1)
print(child(lambda: call(${numberOf('set_mempolicy')}, 2, ctypes.addressof(mask), 64)))`);
  return { effect: said === '0', observed: said };
});
