// Keeps bytes in the kernel's keyrings, outside of every limit of memory and beyond its own life → no key is kept
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(child(lambda: call(${numberOf('add_key')}, b'user', b'atelier', b'hoard' * 100, 500, -4)))`,
  );
  return { effect: Number(said) > 0, observed: said };
});
