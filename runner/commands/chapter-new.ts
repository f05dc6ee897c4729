/**
 * `npm run chapter:new -- 16-03 cas-leaderboard`: copies course/_modele, five short pages that run, to the
 * folder of a chapter of the plan. Exit: 0 made, 1 the name cannot be a chapter's.
 */
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { app } from '../setup/places.mjs';

interface Plan {
  modules: { number: string; slug: string; chapters: { number: string; title: string }[] }[];
}

/** Makes a chapter of the plan from the template and gives its folder; throws, in French, when it cannot. */
export function newChapter(room: string, lesson: string, slug: string): string {
  const plan = parse(readFileSync(join(app, 'course/plan.yml'), 'utf8')) as Plan;
  const [number, chapterNumber] = lesson.split('-');
  const module = plan.modules.find((candidate) => candidate.number === number);
  const chapter = module?.chapters.find((candidate) => candidate.number === chapterNumber);
  if (!module || !chapter)
    throw new Error(`Le plan n’a pas de chapitre « ${lesson} ». Ajoutez-le d’abord à course/plan.yml.`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug))
    throw new Error(
      `« ${slug} » ne peut pas être une adresse. Écrivez-la en minuscules sans accent, avec des tirets : cas-leaderboard.`,
    );
  const written = globSync(`${module.slug}/${chapterNumber}-*`, { cwd: room })[0];
  if (written) throw new Error(`Le chapitre ${lesson} existe déjà : course/${written}. Modifiez-le.`);
  const folder = join(room, module.slug, `${chapterNumber}-${slug}`);
  cpSync(join(app, 'course/_modele'), folder, { recursive: true });
  for (const name of globSync('*.{yml,mdx}', { cwd: folder })) {
    const file = join(folder, name);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('TITRE', () => quoted(name, chapter.title)),
    );
  }
  return folder;
}

/** A title with a colon would break the YAML of chapter.yml; the pages' titles are quoted already. */
function quoted(file: string, title: string): string {
  return file.endsWith('.yml') ? JSON.stringify(title) : title.replaceAll('"', '\\"');
}

if (import.meta.main) {
  try {
    const folder = newChapter(join(app, 'course'), process.argv[2] ?? '', process.argv[3] ?? '');
    console.log(`${folder} : cinq pages à écrire, qui s’exécutent déjà.`);
    console.log('Lisez course/README.md, puis regardez-les avec npm run dev.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
