// Makes the device of the machine's memory or disk and reads it → none is made
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
made = []
for kind, major, minor in ((0o020000, 1, 1), (0o060000, 8, 0), (0o020000, 1, 3)):
    print(tried(lambda: os.mknod('/tmp/device-%d-%d' % (major, minor), kind | 0o600, os.makedev(major, minor))))
print(len([name for name in os.listdir('/tmp') if name.startswith('device-')]))`);
  return { effect: !said.endsWith('\n0'), observed: said.split('\n')[0] };
});
