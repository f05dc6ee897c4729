// Connects to a Unix socket of the machine that everybody may write to, by its path and by /proc/1/root → nobody arrives
import { attack } from '../attack.ts';

export default attack(async ({ listen, python }) => {
  const path = `/var/tmp/atelier-attack-${process.pid}.sock`;
  const listener = await listen({ path });
  const said = await python(`
for path in ('${path}', '/proc/1/root${path}', '/proc/self/root/..${path}'):
    s = socket.socket(socket.AF_UNIX)
    print(tried(lambda: s.connect(path)))`);
  return {
    effect: listener.reached > 0,
    observed: `${listener.reached} arrived; ${said.split('\n').at(-1)}`,
  };
});
