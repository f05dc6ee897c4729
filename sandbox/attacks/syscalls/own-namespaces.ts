// Becomes root of a user namespace of its own by unshare, with every capability there → it has none
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(child(lambda: (call(${numberOf('unshare')}, 0x10000000), next(line for line in open('/proc/self/status') if line.startswith('CapEff')).split()[1])))`);
  return { effect: !/'0+'/.test(said), observed: said };
});
