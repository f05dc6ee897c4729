// Makes a hard link in /tmp to a file that is bound read-only, to change it from there → no link is made
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(tried(lambda: os.link('/app/inside/python/kernel.py', '/tmp/mine.py') or open('/tmp/mine.py', 'a') and 'linked'))`);
  return { effect: said === 'linked', observed: said };
});
