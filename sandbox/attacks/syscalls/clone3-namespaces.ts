// Makes a child in a new user namespace by clone3, whose flags are behind a pointer no filter can follow → there is no such child
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def make():
    words = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
    pid = call(${numberOf('clone3')}, ctypes.addressof(words), 64)
    if pid == 0: os._exit(0)
    if pid > 0: os.waitpid(pid, 0)
    return pid
print(child(make))`);
  return { effect: Number(said) > 0, observed: said };
});
