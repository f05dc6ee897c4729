// Makes itself the last that the kernel kills for lack of memory → its score is not lowered
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(tried(lambda: open('/proc/self/oom_score_adj', 'w').write('-1000')), open('/proc/self/oom_score_adj').read())`);
  return { effect: Number(said.split(/\s/).at(-1)) < 0, observed: said };
});
