// Connects to an abstract Unix socket of the machine, which no file permission guards → nobody arrives
import { createServer } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ python, after }) => {
  let reached = 0;
  const name = `atelier-attack-${process.pid}`;
  const server = createServer((socket) => {
    reached++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
  after(() => server.close());
  const said = await python(`
s = socket.socket(socket.AF_UNIX)
print(tried(lambda: s.connect('\\0${name}')))`);
  return { effect: reached > 0, observed: `${reached} arrived; ${said}` };
});
