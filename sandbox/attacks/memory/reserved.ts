// Reserves addresses without end and touches none of them → it reserves little more than it may use
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def reserve():
    gib = 0
    try:
        parts = []
        while gib < 64: parts.append(mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)); gib += 1
    except (OSError, ValueError, MemoryError): pass
    return gib
print(child(reserve))`);
  return { effect: Number(said) > 1, observed: `${said} GiB reserved` };
});
