/**
 * `npm run lab:new NAME`: copies labs/_modele, a small lab that is proved like any other, to labs/NAME.
 * Exit: 0 made, 1 the name cannot be a lab's.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from '../setup/places.mjs';

/** Makes a lab from the template; throws, in French, when its name cannot be one. */
export function newLab(room: string, name: string): string {
  const lesson = /^(\d\d-\d\d)[a-z]-[a-z0-9-]+$/.exec(name)?.[1];
  if (lesson === undefined) {
    throw new Error(
      `« ${name} » n’est pas un nom de lab. Prenez le numéro de la leçon, une lettre et un titre court, comme 16-05c-fenetre-glissante.`,
    );
  }
  const folder = join(room, name);
  if (existsSync(folder)) throw new Error(`${folder} existe déjà. Choisissez un autre nom.`);
  cpSync(join(app, 'labs/_modele'), folder, { recursive: true });
  const file = join(folder, 'lab.md');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^lesson: \S+/m, `lesson: ${lesson}`));
  return folder;
}

if (import.meta.main) {
  try {
    const folder = newLab(join(app, 'labs'), process.argv[2] ?? '');
    console.log(`${folder} : un lab complet, à changer morceau par morceau.`);
    console.log(`Prouvez-le aussi souvent que vous voulez : npm run labs -- ${process.argv[2]}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
