// Enters the namespaces of process 1, or stays in its own by another door → it is where it was
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def enter():
    entered = []
    for name in ('user', 'mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'):
        try: descriptor = os.open('/proc/1/ns/' + name, os.O_RDONLY)
        except OSError: continue
        if call(${numberOf('setns')}, descriptor, 0) == 0: entered.append(name)
    return entered
print(child(enter))`);
  return { effect: said !== '[]', observed: `entered ${said}` };
});
