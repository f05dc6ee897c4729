// Looks for a shell, a compiler or a tool of the machine to go on with → there is none
import { attack } from '../attack.ts';

export default attack(async ({ typescript }) => {
  const said = await typescript(`
import fs from 'node:fs';
console.log(['/bin/sh', '/bin/bash', '/usr/bin/bash', '/bin/busybox', '/usr/bin/perl', '/usr/bin/gcc', '/usr/bin/curl', '/bin/mount', '/usr/bin/sudo', '/bin/su', '/usr/bin/bwrap'].filter((path) => fs.existsSync(path)).join(' '));`);
  return { effect: said.trim() !== '', observed: said.trim() || 'none' };
});
