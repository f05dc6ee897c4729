// Makes a file of memory that no limit of files counts → no such file is made
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
descriptor = call(${numberOf('memfd_create')}, b'hoard', 0)
print(os.write(descriptor, b'x' * 1000000) if descriptor >= 0 else descriptor)`);
  return { effect: Number(said) > 0, observed: said };
});
