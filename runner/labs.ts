/** The labs a learner can answer: what the server needs of each lab.md, and the solution when it may be shown. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Language, LessonNeeds } from './host/protocol.ts';
import { needs, reason, type Problem } from './lessons.ts';
import { policySchema, type Policy } from './policy.ts';

/** One lab as the server knows it; its checks stay with the grading host. */
export interface Lab {
  id: string;
  folder: string;
  title: string;
  languages: Language[];
  needs: LessonNeeds;
  /** Markdown by level, from the vaguest. */
  hints: string[];
  /** The lab's own sentences by code; `{name}` stands for a datum. */
  messages: Record<string, { fact: string; next: string }>;
  /** Whether latency is measured after correctness and cost. */
  latency: boolean;
  policy: Policy;
}

const EXTENSIONS: Record<Language, string> = { typescript: 'ts', python: 'py', go: 'go' };

const matter = needs.extend({
  title: z.string(),
  languages: z.array(z.enum(['typescript', 'python', 'go'])).default(['typescript']),
  hints: z.array(z.string()).default([]),
  messages: z.record(z.string(), z.object({ fact: z.string(), next: z.string() })).default({}),
  latency: z.looseObject({}).nullable().default(null),
  policy: policySchema,
});

/** Reads every lab of these folders by its id, the name of its folder; a later folder may not replace a lab. */
export function readLabs(rooms: readonly string[]): { labs: Map<string, Lab>; problems: Problem[] } {
  const labs = new Map<string, Lab>();
  const problems: Problem[] = [];
  for (const room of rooms) {
    for (const path of globSync('[0-9]*/lab.md', { cwd: room }).toSorted()) {
      const file = join(room, path);
      try {
        const lab = readLab(file);
        if (labs.has(lab.id)) throw new Error(`another lab is already ${lab.id}`);
        labs.set(lab.id, lab);
      } catch (error) {
        problems.push({ file, why: reason(error) });
      }
    }
  }
  return { labs, problems };
}

/** The reference solution of a lab in a language; the caller has checked that it may be shown. */
export async function solutionOf(lab: Lab, language: Language): Promise<string | null> {
  return readFile(join(lab.folder, `solution.${EXTENSIONS[language]}`), 'utf8').catch(() => null);
}

/** The language a file is written in, by its extension, or null. */
export function languageOf(file: string): Language | null {
  const extension = file.slice(file.lastIndexOf('.') + 1);
  for (const language of ['typescript', 'python', 'go'] as const) {
    if (EXTENSIONS[language] === extension) return language;
  }
  return null;
}

function readLab(file: string): Lab {
  const folder = dirname(file);
  const id = basename(folder);
  const front = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(file, 'utf8'));
  if (front === null) throw new Error('it does not begin with a front matter between two lines `---`');
  const { title, languages, hints, messages, latency, policy, instance, box } = matter.parse(parse(front[1]));
  const seedFile = join(folder, 'seed.redis');
  const seed = existsSync(seedFile) ? readFileSync(seedFile, 'utf8') : '';
  return {
    id,
    folder,
    title,
    languages,
    needs: { lesson: id, instance, box, seed },
    hints,
    messages,
    latency: latency !== null,
    policy,
  };
}
