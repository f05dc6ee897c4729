// Looks for the checks, the solution and the workload on every path, to answer as they want → there is none to read
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { readdirSync, readFileSync, existsSync } from 'node:fs';
let found: string | null = null;
const look = (folder: string, depth: number): void => {
  try {
    for (const name of readdirSync(folder)) {
      if (name === 'solution.ts') found ??= readFileSync(folder + '/' + name, 'utf8');
      if (depth > 0 && !['proc', 'dev', 'node_modules'].includes(name)) look(folder + '/' + name, depth - 1);
    }
  } catch {}
};
for (const place of ['/', '/app', '/labs', '/run/atelier-redis/app/labs', '/proc/1/root', '/proc/1/cwd']) look(place, 3);
const stolen = found ? await import('data:text/javascript,' + encodeURIComponent(found)) : null;
export async function allow(...words: any[]) {
  return stolen ? stolen.allow(...words) : { allowed: false, remaining: -1, retryAfterMs: -1 };
}`),
  ),
);
