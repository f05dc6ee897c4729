// Reads in which slot of the machine it is from its control groups, to know its neighbours → it reads only roots
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`print(open('/proc/self/cgroup').read(), open('/proc/self/mountinfo').read())`);
  return { effect: /^\d+:[^:]*:.*atelier-redis-\d+\/\d/m.test(said), observed: said.split('\n')[0] };
});
