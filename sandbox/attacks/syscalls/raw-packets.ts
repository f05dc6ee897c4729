// Opens a raw socket to see or forge packets → no such socket
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close() or 'opened'), tried(lambda: socket.socket(17, socket.SOCK_RAW, 0x0300).close() or 'opened'))`);
  return { effect: said.includes('opened'), observed: said };
});
