// Turns off the random placing of addresses for what it starts next → it stays on
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(child(lambda: (call(${numberOf('personality')}, 0x0040000), open('/proc/self/personality').read().strip())))`,
  );
  return { effect: /'0*40000'/.test(said), observed: said };
});
