// Makes a child in new user and mount namespaces by clone, whose flags are in a register → there is no such child
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def make():
    pid = call(${numberOf('clone')}, 0x10000000 | 0x20000 | 17, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    if pid > 0: os.waitpid(pid, 0)
    return pid
print(child(make))`);
  return { effect: Number(said) > 0, observed: said };
});
