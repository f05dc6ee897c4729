import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Answer, Checker, LabSettings, Language, Workload } from '../../../labs/kit.ts';

/** A lab as the grader needs it: its settings, its checker, and the reference solution of each language. */
export interface Lab {
  id: string;
  folder: string;
  settings: LabSettings;
  checker: Checker<Answer>;
  workload: Workload<Answer> | null;
  /** Commands that fill the instance, one a line, as redis-cli reads them. */
  seed: string;
  solutions: Partial<Record<Language, string>>;
  /** Short hashes of the whole folder but its attempts, and of the files that judge. */
  version: string;
  checkerVersion: string;
}

const languages = ['typescript', 'python', 'go'] as const;
const extensions: Record<Language, string> = { typescript: 'ts', python: 'py', go: 'go' };

/** The name of a lab's file in one language: `solution.ts`, `starter.py`. */
export function fileOf(name: string, language: Language): string {
  return `${name}.${extensions[language]}`;
}

/** The language a file is written in, by its extension, or null. */
export function languageOf(file: string): Language | null {
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return languages.find((language) => extensions[language] === extension) ?? null;
}

const sentence = z.strictObject({ fact: z.string(), next: z.string() });
const budget = z.number().positive().optional();

const settings = z
  .strictObject({
    title: z.string(),
    lesson: z.string().regex(/^\d\d-\d\d$/),
    level: z.number().int().min(1).max(4).default(2),
    kind: z.enum(['guided', 'open']).default('guided'),
    /** Who may answer and when is the server's affair. */
    policy: z.unknown().optional(),
    minutes: z.number().int().positive().default(20),
    languages: z.array(z.enum(languages)).nonempty().default(['typescript']),
    handlers: z.array(z.string()).nonempty(),
    contract: z.string(),
    contracts: z.strictObject({ python: z.string().optional(), go: z.string().optional() }).default({}),
    instance: z
      .strictObject({
        memory: z.number().int().default(96),
        policy: z.string().default('noeviction'),
        clients: z.number().int().default(128),
        notify: z.string().default(''),
        slowlog: z.number().int().default(10_000),
        topology: z.enum(['single', 'replica', 'sentinel', 'cluster', 'regions']).default('single'),
      })
      .prefault({}),
    box: z
      .strictObject({ memory: z.number().int().default(256), disk: z.number().int().default(16) })
      .prefault({}),
    concurrency: z.number().int().positive().default(1),
    callTimeoutMs: z.number().int().positive().default(5000),
    cost: z
      .strictObject({ points: z.number(), roundTrips: budget, commands: budget, bytes: budget })
      .nullable()
      .default(null),
    latency: z
      .strictObject({
        points: z.number(),
        budget: z.number().min(1.2),
        roundTripMs: z.number().default(1),
        targetP99Ms: z.number().nullable().default(null),
      })
      .nullable()
      .default(null),
    hints: z.array(z.string()).length(3),
    messages: z.record(z.string(), sentence).default({}),
  })
  .refine(
    ({ languages: offered, contracts }) => offered.every((one) => one === 'typescript' || contracts[one]),
    { path: ['contracts'], error: 'every language but TypeScript has its contract here' },
  );

/** The front matter of a lab.md, with its defaults; an error names the field that is wrong. */
export function readSettings(text: string): LabSettings {
  const matter = /^---\n([\s\S]*?)\n---\n/.exec(text);
  if (!matter) throw new Error('lab.md does not begin with a front matter between two lines `---`');
  const read = settings.safeParse(parse(matter[1]));
  if (!read.success) throw new Error(`lab.md: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** The folders of labs in these rooms, by id; a folder whose name does not begin with a digit is not a lab. */
export function labFolders(rooms: readonly string[]): Map<string, string> {
  const folders = new Map<string, string>();
  for (const room of rooms) {
    for (const name of readdirSync(room)) {
      if (/^[0-9][\w-]*$/.test(name) && existsSync(join(room, name, 'lab.md')))
        folders.set(name, join(room, name));
    }
  }
  return folders;
}

/** Reads one lab and loads its checker; a changed checker is loaded anew. */
export async function readLab(folder: string): Promise<Lab> {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const optional = (name: string) => (existsSync(join(folder, name)) ? text(name) : null);
  const read = readSettings(text('lab.md'));
  const judges = ['check.ts', 'workload.ts'].flatMap((name) => optional(name) ?? []);
  const checkerVersion = shortHash(judges);
  const load = async <Judge>(name: string): Promise<Judge> => {
    const url = `${pathToFileURL(join(folder, name)).href}?version=${checkerVersion}`;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a lab's own file, whose types were checked where it was written
    return ((await import(url)) as { default: Judge }).default;
  };
  const solutions = Object.fromEntries(
    read.languages.map((language) => [language, text(fileOf('solution', language))]),
  );
  return {
    id: folder.slice(folder.lastIndexOf('/') + 1),
    folder,
    settings: read,
    checker: await load<Checker<Answer>>('check.ts'),
    workload: optional('workload.ts') === null ? null : await load<Workload<Answer>>('workload.ts'),
    seed: optional('seed.redis') ?? '',
    solutions,
    version: shortHash([text('lab.md'), ...judges, ...Object.values(solutions)]),
    checkerVersion,
  };
}

function shortHash(texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 12);
}
