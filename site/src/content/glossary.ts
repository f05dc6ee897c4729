/** The words of the course, each defined once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { courseRoom } from './rooms.ts';

/** A term of the glossary. `id` is its anchor; `see` is a page that teaches it. */
export interface Term {
  id: string;
  term: string;
  definition: string;
  see?: string;
}

/** The glossary in French alphabetical order. */
export function readGlossary(): Term[] {
  const path = join(courseRoom, 'glossaire.yml');
  const terms = existsSync(path) ? (parse(readFileSync(path, 'utf8')) as Term[]) : [];
  return terms.toSorted((a, b) => a.term.localeCompare(b.term, 'fr'));
}
