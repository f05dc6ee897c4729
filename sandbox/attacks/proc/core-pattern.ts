// Opens /proc/sys/kernel/core_pattern for writing, by which a crash runs a program as root of the machine → it is not opened
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(tried(lambda: os.close(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)) or 'opened'))`,
  );
  return { effect: said === 'opened', observed: said };
});
