// Opens a socket of the kernel's own ciphers (AF_ALG), a door of past holes → no such socket
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(tried(lambda: socket.socket(38, socket.SOCK_SEQPACKET).close() or 'opened'))`,
  );
  return { effect: said === 'opened', observed: said };
});
