// Sends datagrams to a socket of the machine, which needs no answer to be a leak → none arrives
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ listen, python }) => {
  const listener = await listen({ host: '127.0.0.1', datagrams: true });
  const said = await python(`
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(tried(lambda: sum(sender.sendto(b'secret', ('127.0.0.1', ${listener.port})) for _ in range(20))))`);
  await wait(50);
  return { effect: listener.reached > 0, observed: `${listener.reached} arrived; ${said}` };
});
