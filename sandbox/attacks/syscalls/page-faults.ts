// Handles its own page faults in user space, the usual way to win a race against the kernel → no such descriptor
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`print(child(lambda: call(${numberOf('userfaultfd')}, 1)))`);
  return { effect: Number(said) >= 0, observed: said };
});
