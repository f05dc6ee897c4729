// Two boxes that come from the same launcher share its session keyring: one leaves a key, the other finds it → it does not
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
for ring in (-3, -4, -5):
    key = call(${numberOf('add_key')}, b'user', b'meeting', b'met', 3, ring)
    if key > 0: call(${numberOf('keyctl')}, 5, key, 0x3f3f3f3f)`,
  );
  const { text } = await run(
    other,
    `
into = ctypes.create_string_buffer(10)
for ring in (-3, -4, -5):
    key = call(${numberOf('keyctl')}, 10, ring, b'user', b'meeting', 0)
    if key > 0: call(${numberOf('keyctl')}, 11, key, ctypes.addressof(into), 10)
print(into.value.decode() or key)`,
  );
  return { effect: text === 'met\n', observed: text.trim() };
});
