// Writes into the program that every kernel starts with → the file of the machine is what it was
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const file = join(import.meta.dirname, '../../inside/python/atelier/value.py');
  const before = readFileSync(file);
  const said = await python(`
print(tried(lambda: open('/app/inside/python/atelier/value.py', 'a').write('\\n')))
print(tried(lambda: os.chmod('/app/inside/python/atelier/value.py', 0o666)))
print(tried(lambda: os.rename('/app/inside/python/atelier/value.py', '/app/inside/python/atelier/x.py')))`);
  return { effect: !readFileSync(file).equals(before), observed: said.split('\n')[0] };
});
