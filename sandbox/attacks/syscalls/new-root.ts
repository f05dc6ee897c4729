// Changes its root folder to one of its own, in which it would be at home → the root is the same
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def change():
    before = os.stat('/').st_ino
    os.makedirs('/tmp/root/old', exist_ok=True)
    call(${numberOf('unshare')}, 0x10000000 | 0x20000)
    call(${numberOf('chroot')}, b'/tmp/root')
    return os.path.exists('/old') and not os.path.exists('/app')
print(child(change))`);
  return { effect: said === 'True', observed: said };
});
