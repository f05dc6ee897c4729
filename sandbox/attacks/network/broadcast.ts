// Broadcasts a datagram to whoever listens on the machine → nobody hears it
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';

export default attack(async ({ listen, python }) => {
  const listener = await listen({ host: '0.0.0.0', datagrams: true });
  const said = await python(`
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for address in ('127.255.255.255', '255.255.255.255'):
    print(tried(lambda: sender.sendto(b'secret', (address, ${listener.port}))))`);
  await wait(50);
  return { effect: listener.reached > 0, observed: `${listener.reached} heard; ${said.split('\n').at(-1)}` };
});
