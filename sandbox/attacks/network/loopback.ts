// Connects to a server that listens on 127.0.0.1 of the machine → nobody arrives: the loopback of a box is its own
import { attack } from '../attack.ts';

export default attack(async ({ listen, python }) => {
  const listener = await listen({ host: '127.0.0.1' });
  const said = await python(
    `print(tried(lambda: socket.create_connection(('127.0.0.1', ${listener.port}), 2).recv(10)))`,
  );
  return { effect: listener.reached > 0, observed: `${listener.reached} arrived; ${said}` };
});
