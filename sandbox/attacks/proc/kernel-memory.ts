// Reads the kernel's memory, its log or its addresses → it reads none, addresses are zeros
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
found = []
for path in ('/proc/kcore', '/proc/kmsg', '/dev/mem', '/dev/kmsg', '/proc/kpageflags', '/proc/kpagecount'):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        if os.read(descriptor, 16): found.append(path)
    except OSError: pass
try:
    if any(int(line.split()[0], 16) for line in list(open('/proc/kallsyms'))[:100]): found.append('kallsyms')
except OSError: pass
print(json.dumps(found))`);
  return { effect: said !== '[]', observed: `read ${said}` };
});
