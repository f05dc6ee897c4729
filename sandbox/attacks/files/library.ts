// Truncates or replaces a library that all boxes and the machine itself run → nothing is written
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
written = 0
for line in open('/proc/self/maps'):
    path = line.split()[-1]
    if not path.startswith('/'): continue
    try:
        os.close(os.open(path, os.O_WRONLY)); written += 1
    except OSError: pass
print(written)`);
  return { effect: said !== '0', observed: `${said} files of the process could be opened for writing` };
});
