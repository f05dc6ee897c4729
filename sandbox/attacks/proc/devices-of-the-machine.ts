// Looks for /sys, disks and PTYs of the machine → none is in the box
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(
    `print(json.dumps([path for path in ('/sys/kernel', '/sys/class', '/sys/fs/cgroup', '/dev/sda', '/dev/vda', '/dev/kvm', '/dev/fuse', '/dev/ptmx', '/dev/pts', '/dev/tty', '/dev/net/tun', '/dev/vsock') if os.path.exists(path)]))`,
  );
  return { effect: said !== '[]', observed: said };
});
