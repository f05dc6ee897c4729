// Mounts a file system of its own in a mount namespace of its own, over what is read-only → nothing is mounted
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def mount():
    call(${numberOf('unshare')}, 0x10000000 | 0x20000)
    call(${numberOf('mount')}, b'none', b'/app', b'tmpfs', 0, b'')
    open('/app/mounted', 'w').write('x')
    return os.path.exists('/app/mounted')
print(child(mount))`);
  return { effect: said === 'True', observed: said };
});
