/** The controls: the attacks played without a wall, to see that it is the wall that holds them. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { removals } from '../../sandbox/attacks/removals.ts';
import { app } from '../setup/places.mjs';
import type { Played } from './attack.ts';

/** One wall, and the attacks that succeed without it. */
export interface Control {
  wall: string;
  what: string;
  /** The attacks that were played without it. */
  played: string[];
  succeed: string[];
  proved: boolean;
}

const couldNot = 'could not be played';

/** Plays the attacks of one removal in a process of their own, where the wall is not. */
export async function control(wall: string): Promise<Control & { said: Played[] }> {
  const { what, attacks } = removals[wall];
  const child = spawn(process.execPath, [join(app, 'runner/commands/attack.ts'), '--json', ...attacks], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      ATELIER_WITHOUT: wall,
      NODE_OPTIONS: `--import ${join(app, 'sandbox/attacks/removal.ts')}`,
    },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  const { attacks: said }: { attacks: Played[] } = text === '' ? { attacks: [] } : JSON.parse(text);
  const succeed = said.filter(({ held, observed }) => !held && !observed.startsWith(couldNot));
  return {
    wall,
    what,
    played: said.map(({ name }) => name),
    succeed: succeed.map(({ name }) => name),
    proved: succeed.length > 0,
    said,
  };
}

/** Plays the controls of these walls, all of them when none is named; the exit code: 1 when one proves nothing. */
export async function controls(asked: string[], json: boolean): Promise<number> {
  const unknown = asked.filter((wall) => !removals[wall]);
  if (unknown.length > 0) {
    console.error(`no such wall: ${unknown.join(', ')}; they are ${Object.keys(removals).join(', ')}`);
    return 1;
  }
  const done: Control[] = [];
  for (const wall of asked.length > 0 ? asked : Object.keys(removals)) {
    let { said, ...found } = await control(wall);
    // A machine that is busy may itself keep an attack from its effect.
    if (!found.proved) ({ said, ...found } = await control(wall));
    done.push(found);
    if (json) continue;
    console.log(`  ${found.proved ? '✓' : '✗'} without ${wall} (${found.what})`);
    if (found.proved) console.log(`      ${found.succeed.join(', ')}`);
    else for (const { name, observed } of said) console.log(`      ${name}: ${observed}`);
    if (said.length === 0) console.log('      nothing was played');
  }
  const unproved = done.filter(({ proved }) => !proved).length;
  if (json) console.log(JSON.stringify({ controls: done }, null, 2));
  else console.log(`\n${done.length - unproved} walls proved, ${unproved} not`);
  return unproved === 0 ? 0 : 1;
}
