// Reads the processor's counters, the best clock there is for spying on a neighbour → no counter is opened
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
attributes = ctypes.create_string_buffer(struct.pack('=IIQ', 1, 128, 1).ljust(128, b'\\0'))
print(child(lambda: call(${numberOf('perf_event_open')}, ctypes.addressof(attributes), 0, -1, -1, 0)))`);
  return { effect: Number(said) >= 0, observed: said };
});
