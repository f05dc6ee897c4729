// Reads the name of the machine it is on → it is called « lecon »
import { hostname } from 'node:os';
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(socket.gethostname(), os.uname().nodename, open('/proc/sys/kernel/hostname').read())`,
  );
  return { effect: said.split(/\s+/).includes(hostname()), observed: said };
});
