/** The course as its folders tell it: modules, chapters, pages, labs, in order. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { courseRoom, labsRoom } from './rooms.ts';

/** A page of a chapter. `id` is its path in course/ without extension, and its place in the collection. */
export interface Page {
  id: string;
  file: string;
  title: string;
  description: string;
  url: string;
}

/** A lab as its front matter tells it. */
export interface Lab {
  id: string;
  file: string;
  title: string;
  kind: string;
  level: number;
  /** About how long it takes; 0 when it does not say. */
  minutes: number;
  languages: string[];
  url: string;
}

/** A chapter, written or to come (no folder yet: `url` is null). */
export interface Chapter {
  /** `16-05`: the lesson of the server, whatever the number of pages. */
  lesson: string;
  number: string;
  title: string;
  summary: string;
  /** The chapter's own sentence, else its summary. */
  description: string;
  level: number;
  /** The sentence of the « par besoin » way. */
  need: string | null;
  targets: { p99: string; throughput: string; memory: string } | null;
  url: string | null;
  folder: string | null;
  pages: Page[];
  labs: Lab[];
}

/** A module of the course. */
export interface Module {
  number: string;
  slug: string;
  title: string;
  summary: string;
  introduction: Chapter | null;
  chapters: Chapter[];
}

interface Plan {
  modules: {
    number: string;
    slug: string;
    title: string;
    summary: string;
    chapters: {
      number: string;
      title: string;
      summary: string;
      level?: number;
      need?: string;
      targets?: Chapter['targets'];
    }[];
  }[];
}

/** Reads the whole course. Cheap (a few dozen small files), so dev re-reads it at each request. */
export function readCourse(): Module[] {
  const plan = readYaml(join(courseRoom, 'plan.yml')) as Plan;
  const labs = readLabs();
  return plan.modules.map((module) => {
    const chapters = module.chapters.map((chapter) => readChapter(module.slug, module.number, chapter, labs));
    return {
      number: module.number,
      slug: module.slug,
      title: module.title,
      summary: module.summary,
      introduction: chapters.find((chapter) => chapter.number === '00') ?? null,
      chapters: chapters.filter((chapter) => chapter.number !== '00'),
    };
  });
}

/** Every chapter, introductions first in their module. */
export function allChapters(modules: Module[]): Chapter[] {
  return modules.flatMap((module) => [
    ...(module.introduction ? [module.introduction] : []),
    ...module.chapters,
  ]);
}

/** Every page of the course in reading order. */
export function allPages(modules: Module[]): { page: Page; chapter: Chapter }[] {
  return allChapters(modules).flatMap((chapter) => chapter.pages.map((page) => ({ page, chapter })));
}

/** The front matter of a Markdown file. */
export function frontMatter(source: string): Record<string, unknown> {
  const match = /^---\n([\s\S]*?)\n---/.exec(source);
  return match ? ((parse(match[1]) as Record<string, unknown> | null) ?? {}) : {};
}

function readChapter(
  slug: string,
  module: string,
  planned: Plan['modules'][number]['chapters'][number],
  labs: Lab[],
): Chapter {
  const moduleFolder = join(courseRoom, slug);
  const name = folders(moduleFolder).find((folder) => folder.startsWith(`${planned.number}-`));
  const folder = name ? join(moduleFolder, name) : null;
  const settings = folder
    ? (readYaml(join(folder, 'chapter.yml')) as { title?: string; level?: number; description?: string })
    : {};
  const lesson = `${module}-${planned.number}`;
  const pages = folder ? readPages(folder, `${slug}/${name}`, settings.title ?? planned.title) : [];
  return {
    lesson,
    number: planned.number,
    title: settings.title ?? planned.title,
    summary: planned.summary,
    description: settings.description ?? planned.summary,
    level: settings.level ?? planned.level ?? 0,
    need: planned.need ?? null,
    targets: planned.targets ?? null,
    url: pages.length > 0 ? `/${slug}/${name}/` : null,
    folder,
    pages,
    labs: labs.filter((lab) => lab.id.startsWith(lesson)),
  };
}

function readPages(folder: string, path: string, chapter: string): Page[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.mdx'))
    .toSorted(byNumber)
    .map((file) => {
      const data = frontMatter(readFileSync(join(folder, file), 'utf8'));
      const id = `${path}/${file.slice(0, -'.mdx'.length)}`;
      const title = word(data.title).replace(`${chapter} — `, '');
      return { id, file: join(folder, file), title, description: word(data.description), url: `/${id}/` };
    });
}

function readLabs(): Lab[] {
  return folders(labsRoom)
    .filter((id) => /^\d/.test(id) && existsSync(join(labsRoom, id, 'lab.md')))
    .toSorted(byNumber)
    .map((id) => {
      const file = join(labsRoom, id, 'lab.md');
      const data = frontMatter(readFileSync(file, 'utf8'));
      return {
        id,
        file,
        title: word(data.title) || id,
        kind:
          { guided: 'guidé', open: 'ouvert', incident: 'incident à réparer' }[word(data.kind)] ??
          word(data.kind),
        level: Number(data.level ?? 0),
        minutes: Number(data.minutes ?? 0),
        languages: Array.isArray(data.languages) ? data.languages.map(String) : ['typescript'],
        url: `/labs/${id}/`,
      };
    });
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function readYaml(path: string): unknown {
  return existsSync(path) ? parse(readFileSync(path, 'utf8')) : {};
}

const byNumber = (a: string, b: string) => a.localeCompare(b, 'fr', { numeric: true });
const word = (value: unknown) => (typeof value === 'string' ? value : '');
