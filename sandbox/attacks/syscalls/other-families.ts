// Opens a socket of every other family the kernel may load a module for → no such socket
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
opened = []
for family in range(3, 46):
    if family in (10, 16, 38, 40): continue
    for kind in (1, 2, 3, 5):
        try: socket.socket(family, kind).close(); opened.append(family)
        except OSError: pass
print(json.dumps(sorted(set(opened))))`);
  return { effect: said !== '[]', observed: `opened ${said}` };
});
