// Reads the machine's /etc/passwd and /etc/shadow → it reads its own two lines, which tell nothing
import { readFileSync } from 'node:fs';
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((line) => line.length > 40);
  const said = await python(`
for path in ('/etc/passwd', '/etc/shadow', '/etc/hostname', '/etc/machine-id', '/etc/resolv.conf'):
    print(path, tried(lambda: open(path).read()))`);
  return {
    effect: lines.some((line) => said.includes(line)) || /\$y\$|\$6\$/.test(said),
    observed: said.replaceAll('\n', ' ').slice(0, 160),
  };
});
