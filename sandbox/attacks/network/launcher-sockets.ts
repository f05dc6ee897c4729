// Looks for the sockets by which the launcher and its hosts are reached → none of them is seen or opened
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
found = []
for path in ('/run/atelier-redis/hosts/parent/boxes.sock', '/run/atelier-redis/probe.sock', '/run/docker.sock', '/var/run/dbus/system_bus_socket'):
    s = socket.socket(socket.AF_UNIX)
    if s.connect_ex(path) == 0: found.append(path)
for name in range(20000, 60000, 1000):
    s = socket.socket(socket.AF_UNIX)
    if s.connect_ex('\\0atelier-redis-range-%d' % name) == 0: found.append(name)
print(json.dumps(found))`);
  return { effect: said !== '[]', observed: `reached ${said}` };
});
