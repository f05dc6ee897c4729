// Compares kernel addresses of its own and another process's objects by kcmp → it learns nothing
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(child(lambda: call(${numberOf('kcmp')}, os.getpid(), os.getpid(), 0, 1, 2)))`,
  );
  return { effect: Number(said) >= 0, observed: said };
});
