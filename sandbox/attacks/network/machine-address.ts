// Connects to the machine by each of its own addresses but the loopback's → nobody arrives, there is no route
import { networkInterfaces } from 'node:os';
import { attack } from '../attack.ts';

export default attack(async ({ listen, python }) => {
  const listener = await listen({ host: '0.0.0.0' });
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
  const said = await python(`
for address in json.loads('${JSON.stringify([...addresses, '127.0.0.2'])}'):
    print(tried(lambda: socket.create_connection((address, ${listener.port}), 2).recv(10)))`);
  return {
    effect: listener.reached > 0,
    observed: `${listener.reached} arrived; ${said.split('\n').at(-1)}`,
  };
});
