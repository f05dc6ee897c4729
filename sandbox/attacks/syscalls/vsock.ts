// Opens a socket to the machine that runs this virtual machine → there is none
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(tried(lambda: socket.socket(40, socket.SOCK_STREAM).close() or 'opened'))`,
  );
  return { effect: said === 'opened', observed: said };
});
