// Reads what the server keeps: its data folder, other learners' compiled programs, the streams of hosts → nothing of it is there
import { mkdirSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { attack } from '../attack.ts';

export default attack(async ({ python, site, after }) => {
  const { data } = await site();
  mkdirSync(data, { recursive: true });
  const file = join(data, 'kept.txt');
  writeFileSync(file, 'kept-secret', { mode: 0o644 });
  after(() => rmSync(file));
  const said = await python(`
for path in ('${file}', '/run/atelier-redis/data/kept.txt', '/run/atelier-redis/data/store/atelier.sqlite'):
    print(tried(lambda: open(path).read(20)))
print(tried(lambda: os.listdir('/run/atelier-redis/binaries')))`);
  return { effect: /kept-secret|SQLite|\['/.test(said), observed: said.split('\n').at(-1)! };
});
