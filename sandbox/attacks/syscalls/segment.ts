// Writes a segment of its own into the processor's table of segments → none is written
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
entry = struct.pack('=IIII', 0, 0, 0xfffff, 0x51)
print(child(lambda: call(${numberOf('modify_ldt')}, 1, entry, 16)))`);
  return { effect: said === '0', observed: said };
});
