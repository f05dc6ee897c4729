// Reads the checks of the labs where the clone is → no check is in the box
import { attack } from '../attack.ts';

export default attack(async ({ typescript }) => {
  const said = await typescript(`
import { readdirSync, readFileSync } from 'node:fs';
const found: string[] = [];
const look = (folder: string, depth: number): void => {
  let names: string[] = [];
  try { names = readdirSync(folder); } catch { return; }
  for (const name of names) {
    if (['proc', 'dev', 'node_modules', 'lib'].includes(name)) continue;
    if (name === 'check.ts') found.push(folder);
    if (depth > 0) look(folder + '/' + name, depth - 1);
  }
};
look('', 5);
for (const place of ['/run/atelier-redis/app/labs', '/app/labs', '/app/../labs']) look(place, 2);
console.log(found.length, found[0] ?? '');`);
  return { effect: !/^0\b/.test(said), observed: `${said.trim()} files of checks` };
});
