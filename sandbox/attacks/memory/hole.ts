// Makes a file of a tebibyte that is one hole, for whoever copies it → it is not made
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def make():
    descriptor = os.open('/tmp/hole', os.O_CREAT | os.O_RDWR)
    tried(lambda: os.ftruncate(descriptor, 1 << 40))
    return os.fstat(descriptor).st_size
print(child(make))
tried(lambda: os.remove('/tmp/hole'))`);
  return { effect: Number(said) > 1 << 30, observed: `${said} bytes` };
});
