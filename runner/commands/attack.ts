/**
 * `npm run attack [-- NAME…] [-- --json]`: plays the hostile programs of sandbox/attacks/ on this machine
 * and says whether the walls held. A name may be a folder. Exit: 0 all held, 1 one did not.
 * `npm run attack -- --controls [WALL…]`: takes one wall away at a time and says which attacks then succeed;
 * exit 1 when a wall's absence changes nothing.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Attack } from '../../sandbox/attacks/attack.ts';
import { app } from '../setup/places.mjs';
import { controls } from './attack-controls.ts';
import { Grounds } from './attack-ground.ts';

const FOLDER = 'sandbox/attacks';

/** One attack as `--json` prints it. */
export interface Played {
  name: string;
  expected: string;
  observed: string;
  held: boolean;
}

/** The names of all attacks: folder and file, without the extension. */
export function attackNames(): string[] {
  return globSync('*/*.ts', { cwd: join(app, FOLDER) })
    .map((path) => path.replace(/\.ts$/, ''))
    .toSorted();
}

/** How an attack works and what is expected, as its first lines say. */
export function intentOf(name: string): { works: string; expected: string } {
  const text = readFileSync(join(app, FOLDER, `${name}.ts`), 'utf8');
  const comment =
    /^(?:\/\/.*\n)+/
      .exec(text)?.[0]
      .replaceAll(/^\/\/ ?/gm, '')
      .replaceAll('\n', ' ') ?? '';
  const [works, expected] = comment.split('→').map((part) => part.trim());
  if (!works || !expected) throw new Error(`${name}: its first line does not say what is expected (→)`);
  return { works, expected };
}

/** Attacks that wait rather than work, each in boxes of its own: several are played at once. */
const together = /^grader\//;
const atOnce = 3;

/** Plays attacks, each told as it is known: one after the other, for they look at the whole machine. */
export async function playAttacks(names: string[], tell: (played: Played) => void): Promise<Played[]> {
  const grounds = new Grounds();
  const all: Played[] = [];
  // What an attack leaves without an answer is a fault of its own, and no reason to end the others.
  const strays: string[] = [];
  const keep = (reason: unknown): void => void strays.push(String(reason));
  process.on('unhandledRejection', keep);
  const play = async (name: string): Promise<void> => {
    const { expected } = intentOf(name);
    const { default: attack }: { default: Attack } = await import(join(app, FOLDER, `${name}.ts`));
    const once = async () => {
      const outcome = await grounds.play(attack);
      const left = strays.splice(0);
      if (left.length === 0 || outcome.effect) return outcome;
      throw new Error(`it left without an answer ${left.join(', ')}`);
    };
    const { effect, observed } = await once()
      // Once more: that it could not be played says nothing of the wall yet.
      .catch((first: unknown) => {
        process.stderr.write(`${name} at first: ${String(first)}\n`);
        return once();
      })
      .catch((error: unknown) => ({ effect: true, observed: `could not be played: ${String(error)}` }));
    const played = { name, expected, observed, held: !effect };
    all.push(played);
    tell(played);
  };
  try {
    for (const name of names.filter((one) => !together.test(one))) await play(name);
    const waiting = names.filter((one) => together.test(one));
    const lanes = Array.from({ length: atOnce }, async () => {
      for (let name = waiting.shift(); name; name = waiting.shift()) await play(name);
    });
    await Promise.all(lanes);
  } finally {
    await grounds.close();
    process.off('unhandledRejection', keep);
  }
  if (strays.length > 0) throw new Error(`an attack left without an answer ${strays.join(', ')}`);
  return all;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, controls: { type: 'boolean', default: false } },
  });
  if (values.controls) process.exit(await controls(positionals, values.json));
  const names = attackNames().filter(
    (name) =>
      positionals.length === 0 || positionals.some((asked) => name === asked || name.startsWith(`${asked}/`)),
  );
  if (names.length === 0) {
    console.error(`no attack of that name; they are in ${FOLDER}/`);
    process.exit(1);
  }
  const attacks = await playAttacks(names, ({ name, observed, held }) => {
    if (!values.json) console.log(`  ${held ? '✓' : '✗'} ${name}: ${observed}`);
  });
  const lost = attacks.filter(({ held }) => !held).length;
  if (values.json) console.log(JSON.stringify({ attacks }, null, 2));
  else console.log(`\n${attacks.length - lost} held, ${lost} did not`);
  process.exit(lost === 0 ? 0 : 1);
}
