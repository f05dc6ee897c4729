/** Where the course's rooms are on disk. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project. Astro bundles this module, so its place is found from the site's own folder. */
export const root = process.env.ATELIER_ROOT ?? findRoot();

/** The prose, by module and chapter. */
export const courseRoom = join(root, 'course');

/** The labs, one folder each. */
export const labsRoom = join(root, 'labs');

function findRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const end = here.lastIndexOf('/site/');
  return end < 0 ? process.cwd() : here.slice(0, end);
}
