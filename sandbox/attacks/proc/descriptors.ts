// Looks through the descriptors it has inherited for a file, a folder or a socket that is not its own → it has what it was given
import { attack } from '../attack.ts';

export default attack(async ({ typescript }) => {
  const said = await typescript(`
import fs from 'node:fs';
const links = fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } });
console.log(JSON.stringify(links.filter((link) => link && !/^(anon_inode:|pipe:|socket:|\\/dev\\/(null|urandom)|\\/proc\\/)/.test(link))));`);
  return { effect: said !== '[]', observed: said };
});
