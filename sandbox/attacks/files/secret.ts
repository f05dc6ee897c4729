// Reads a file of the machine that everybody may read, by its path, by .. and by the roots of /proc → nobody reads it
import { attack } from '../attack.ts';

export default attack(async ({ python, secret }) => {
  const path = secret('the-secret');
  const said = await python(`
for path in ('${path}', '/proc/1/root${path}', '/proc/self/root${path}', '/proc/self/cwd/../../..${path}', '/app/inside/../../..${path}'):
    print(tried(lambda: open(path).read()))`);
  return { effect: said.includes('the-secret'), observed: said.split('\n')[0] };
});
