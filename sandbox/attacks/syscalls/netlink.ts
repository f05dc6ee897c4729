// Asks the kernel by netlink for the network's links and routes, a door of many past holes → no such socket
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(tried(lambda: socket.socket(16, socket.SOCK_RAW, 0).close() or 'opened'))`,
  );
  return { effect: said === 'opened', observed: said };
});
