// Reads the environment of process 1, which is bubblewrap's own → it holds nothing of the launcher's
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`print(open('/proc/1/environ').read().replace('\\0', ' '))`);
  const leaked = Object.entries(process.env).filter(
    ([name, value]) => name !== 'PATH' && value && value.length > 3 && said.includes(`${name}=${value}`),
  );
  return { effect: leaked.length > 0, observed: said || 'empty' };
});
