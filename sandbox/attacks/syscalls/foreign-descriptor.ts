// Takes a descriptor out of another process by pidfd_getfd → none is taken
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def steal():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        inner, outer = os.pipe(); os.write(outer, b'the-secret'); os.write(writing, b'%d' % inner); time.sleep(3); os._exit(0)
    number = int(os.read(reading, 10))
    stolen = call(${numberOf('pidfd_getfd')}, os.pidfd_open(pid), number, 0)
    said = os.read(stolen, 10).decode() if stolen >= 0 else stolen
    os.kill(pid, 9)
    return said
print(child(steal))`);
  return { effect: said === 'the-secret', observed: said };
});
